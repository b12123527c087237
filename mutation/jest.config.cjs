'use strict'
const { join } = require('node:path')

const ROOT = process.cwd() // the mutated copy of the repository

module.exports = {
  rootDir: ROOT,
  roots: [join(ROOT, 'src'), join(ROOT, 'spec')],
  watchman: false,
  runner: join(__dirname, 'runner.cjs'),
  testEnvironment: join(__dirname, 'environment.cjs'),
  setupFilesAfterEnv: [join(__dirname, 'setup.cjs')],
  testTimeout: Number(process.env.TEST_TIMEOUT ?? 2_000), // ms; the specs wait for nothing outside the process, and many mutants make a spec wait forever
  testMatch: JSON.parse(process.env.SPECS).map((pattern) => join(ROOT, pattern)),
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/spec/consumers/'],
  moduleNameMapper: { '^pebble-ts$': '<rootDir>/src/index.ts' },
  transform: { '\\.ts$': ['ts-jest', { tsconfig: join(ROOT, 'tsconfig.spec.json'), diagnostics: false }] },
}
