module.exports = {
  testEnvironment: 'node',
  testTimeout: 60_000,
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '\\.ts$': ['ts-jest', { tsconfig: 'tsconfig.json' }] },
}
