// run.mjs starts Stryker with this file. It passes the files and specs in the environment.
import { fileURLToPath } from 'node:url'

const at = (path) => fileURLToPath(new URL(path, import.meta.url))

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  plugins: [at('node_modules/@stryker-mutator/jest-runner/dist/src/index.js')],
  testRunner: 'jest',
  jest: { configFile: 'mutation/jest.config.cjs', enableFindRelatedTests: false },
  coverageAnalysis: 'perTest',
  mutate: JSON.parse(process.env.MUTATE),
  ignorePatterns: ['/bench', '/chaos', '/dist', '/docs', '/examples', '/mutation/reports', '/spec/consumers'],
  ignoreStatic: true,
  tempDirName: 'mutation/.sandbox',
  reporters: ['clear-text', 'progress-append-only', 'json'],
  jsonReporter: { fileName: process.env.REPORT },
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  timeoutMS: Number(process.env.TIMEOUT ?? 5_000),
  concurrency: Number(process.env.RUNNERS ?? 2),
}
