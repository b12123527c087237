'use strict'
const { join } = require('node:path')

const ROOT = process.cwd() // the copy that is mutated

/** The specs that exercise the mutated folders in one program, from their sources: no worker starts. */
module.exports = {
  rootDir: ROOT,
  testEnvironment: 'node',
  testMatch: [
    '<rootDir>/spec/{dispatch,wire}/**/*.spec.ts',
    '<rootDir>/spec/futures/lone/*.spec.ts',
    '<rootDir>/spec/properties/dispatcher.spec.ts',
    '<rootDir>/spec/channel/{frames,message-stream,ring,slots}.spec.ts',
  ],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/spec/consumers/'],
  moduleNameMapper: { '^pebble-ts$': '<rootDir>/src/index.ts' },
  transform: { '\\.ts$': ['ts-jest', { tsconfig: join(ROOT, 'tsconfig.spec.json'), diagnostics: false }] },
}
