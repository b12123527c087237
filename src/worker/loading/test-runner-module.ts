/**
 * Gives the modules of test runners (`@jest/globals`, `vitest`, `node:test`, `mocha`, `ava`) their stubs in a worker. The
 * hooks for `import` run in the importing thread, or in Node's hooks thread, which imports this file.
 */
import Module from 'node:module'
import type { TestRunner } from '../../registry/environment'
import type { Resolve } from './module-hooks'

const SYMBOL = Symbol.for('pebble-ts.test-runner')
const JEST_AND_VITEST = ['@jest/globals', 'vitest']
/** The modules of each runner. Modules of other runners are not replaced. */
const MODULES: Readonly<Record<TestRunner, readonly string[]>> = {
  jest: JEST_AND_VITEST,
  vitest: JEST_AND_VITEST,
  node: ['node:test'],
  mocha: ['mocha'],
  ava: ['ava'],
}

let runnerOfHook: TestRunner

/** Called where the hooks run. */
export function initialize(data: { runner: TestRunner }): void {
  runnerOfHook = data.runner
}

/** The hook for `import`. */
export const resolve: Resolve = (specifier, context, next) => {
  const url = stubUrl(runnerOfHook, specifier)
  return url === null ? next(specifier, context) : { url, shortCircuit: true }
}

/** The hook for `require()`, and the global property from which `import` reads the same stubs. */
export function installStubs(runner: TestRunner, stubs: object): void {
  Object.defineProperty(globalThis, SYMBOL, { value: stubs, configurable: true })
  const internals = Module as unknown as { _load(request: string, ...rest: unknown[]): unknown }
  const load = internals._load
  internals._load = function (request, ...rest) {
    return MODULES[runner].includes(request) ? stubs : load.call(this, request, ...rest)
  }
}

/** A module that exports the stubs by name; null for any other specifier. */
function stubUrl(runner: TestRunner, specifier: string): string | null {
  if (!MODULES[runner].includes(specifier)) return null
  const names = namesOf(specifier).filter((name) => name !== 'default')
  const source = `const stubs = globalThis[Symbol.for('pebble-ts.test-runner')]\nexport const { ${names.join(', ')} } = stubs\nexport default stubs\n`
  return `data:text/javascript,${encodeURIComponent(source)}`
}

function namesOf(specifier: string): readonly string[] {
  switch (specifier) {
    case 'node:test':
      return Object.keys(process.getBuiltinModule('node:test'))
    case 'mocha':
      return [...MOCHA_SUITES, ...MOCHA_TESTS]
    case 'ava':
      return ['registerCompletionHandler']
    default:
      return [...SUITES, ...TESTS, ...(specifier === 'vitest' ? ['vi', 'vitest'] : ['jest'])]
  }
}

/** What defines suites in Jest and vitest. */
export const SUITES = ['describe', 'fdescribe', 'xdescribe', 'suite']

/** Everything else that Jest or vitest define as globals, and export. */
export const TESTS = [
  ...['test', 'it', 'fit', 'xit', 'xtest', 'bench', 'expect', 'assert', 'expectTypeOf', 'assertType'],
  ...['beforeAll', 'beforeEach', 'afterAll', 'afterEach', 'onTestFinished', 'onTestFailed'],
]

/** What defines suites in the interfaces BDD and TDD of Mocha. */
export const MOCHA_SUITES = ['describe', 'context', 'xdescribe', 'xcontext', 'suite']

/** Everything else in those interfaces: globals, and exports of the module. */
export const MOCHA_TESTS = [
  ...['it', 'specify', 'xit', 'xspecify', 'test', 'before', 'after', 'beforeEach', 'afterEach'],
  ...['setup', 'teardown', 'suiteSetup', 'suiteTeardown', 'run'],
]
