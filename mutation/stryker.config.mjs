// npm run mutation [-- --mutate src/wire/frames.ts]      (docs/reliability.md)
import { fileURLToPath } from 'node:url'

const at = (path) => fileURLToPath(new URL(path, import.meta.url))

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  plugins: [at('node_modules/@stryker-mutator/jest-runner/dist/src/index.js')],
  testRunner: 'jest',
  jest: { configFile: 'mutation/jest.config.cjs', enableFindRelatedTests: false },
  coverageAnalysis: 'perTest',
  mutate: [
    'src/futures/*.ts',
    'src/dispatch/{call-queue,deadlines,dispatcher,endings,ledger,member,outcomes,pipe-depth}.ts',
    'src/wire/*.ts',
  ],
  ignorePatterns: ['/bench', '/chaos', '/dist', '/docs', '/examples', '/mutation/reports', '/spec/consumers'],
  ignoreStatic: true,
  tempDirName: 'mutation/.sandbox',
  reporters: ['clear-text', 'progress-append-only', 'json'],
  jsonReporter: { fileName: 'mutation/reports/mutation.json' },
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  timeoutMS: 2_000,
  concurrency: 2,
  thresholds: { high: 90, low: 80, break: 80 },
}
