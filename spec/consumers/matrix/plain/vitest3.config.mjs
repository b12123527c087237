export default {
  esbuild: { target: 'es2022' },
  test: { globals: true, include: ['*.test.ts'], testTimeout: 60_000 },
}
