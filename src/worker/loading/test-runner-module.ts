/** What `import … from '@jest/globals'`, `'vitest'`, `'node:test'`, `'mocha'` and `'ava'` get in a worker. */
import Module from 'node:module'
import type { TestRunner } from '../../registry/environment'

const SYMBOL = Symbol.for('pebble-ts.test-runner')
const JEST_AND_VITEST = ['@jest/globals', 'vitest']
/** The modules of each runner. Those of others stay what they are. */
const MODULES: Readonly<Record<TestRunner, readonly string[]>> = {
  jest: JEST_AND_VITEST,
  vitest: JEST_AND_VITEST,
  node: ['node:test'],
  mocha: ['mocha'],
  ava: ['ava'],
}

/** For `require()`; `import` reads the same through {@link stubUrl}. */
export function installStubs(runner: TestRunner, stubs: object): void {
  Object.defineProperty(globalThis, SYMBOL, { value: stubs, configurable: true })
  const internals = Module as unknown as { _load(request: string, ...rest: unknown[]): unknown }
  const load = internals._load
  internals._load = function (request, ...rest) {
    return MODULES[runner].includes(request) ? stubs : load.call(this, request, ...rest)
  }
}

/** A module that exports the stubs by name; null for any other specifier. Called where hooks run. */
export function stubUrl(runner: TestRunner, specifier: string): string | null {
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
      return MOCHA_NAMES
    case 'ava':
      return ['registerCompletionHandler']
    default:
      return specifier === 'vitest' ? [...NAMES, 'vi', 'vitest'] : [...NAMES, 'jest']
  }
}

const NAMES = [
  ...['describe', 'fdescribe', 'xdescribe', 'suite', 'test', 'it', 'fit', 'xit', 'xtest', 'bench', 'expect', 'assert'],
  ...[
    'expectTypeOf',
    'assertType',
    'beforeAll',
    'beforeEach',
    'afterAll',
    'afterEach',
    'onTestFinished',
    'onTestFailed',
  ],
]

/** Those of its interfaces BDD and TDD: globals, and exports of its module. */
export const MOCHA_NAMES = [
  ...['describe', 'context', 'xdescribe', 'xcontext', 'suite'],
  ...['it', 'specify', 'xit', 'xspecify', 'test', 'before', 'after', 'beforeEach', 'afterEach'],
  ...['setup', 'teardown', 'suiteSetup', 'suiteTeardown', 'run'],
]
