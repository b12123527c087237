'use strict'
const { join } = require('node:path')

const ROOT = process.cwd() // the copy that is mutated

module.exports = {
  rootDir: ROOT,
  testEnvironment: 'node',
  testTimeout: 2_000, // ms: they wait for nothing outside, and a mutant often lets one wait for ever
  testMatch: JSON.parse(process.env.SPECS).map((pattern) => join(ROOT, pattern)),
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/spec/consumers/'],
  moduleNameMapper: { '^pebble-ts$': '<rootDir>/src/index.ts' },
  transform: { '\\.ts$': ['ts-jest', { tsconfig: join(ROOT, 'tsconfig.spec.json'), diagnostics: false }] },
}
