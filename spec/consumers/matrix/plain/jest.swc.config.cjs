const transform = { decoratorVersion: '2022-03' }
const parser = { syntax: 'typescript', decorators: true }

module.exports = {
  testEnvironment: 'node',
  testTimeout: 60_000,
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '\\.ts$': ['@swc/jest', { jsc: { parser, transform, target: 'es2022' } }] },
}
