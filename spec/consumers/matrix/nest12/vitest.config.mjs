export default { test: { globals: true, include: ['*.test.ts'], testTimeout: 60_000 } }
