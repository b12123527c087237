/** What `import … from '@jest/globals'` and `from 'vitest'` get in a worker. */
import Module from 'node:module'

const MODULES = new Set(['@jest/globals', 'vitest'])
const STUBS = Symbol.for('pebble-ts.test-runner')

/** For `require()`; `import` reads the same through {@link stubUrl}. */
export function installStubs(stubs: Record<string, unknown>): void {
  Object.defineProperty(globalThis, STUBS, { value: stubs, configurable: true })
  const internals = Module as unknown as { _load(request: string, ...rest: unknown[]): unknown }
  const load = internals._load
  internals._load = function (request, ...rest) {
    return MODULES.has(request) ? stubs : load.call(this, request, ...rest)
  }
}

/** A module that exports the stubs by name; null for any other specifier. Called in the thread of Node's hooks. */
export function stubUrl(specifier: string): string | null {
  if (!MODULES.has(specifier)) return null
  const names = specifier === 'vitest' ? [...NAMES, 'vi', 'vitest'] : [...NAMES, 'jest']
  const source = `const stubs = globalThis[Symbol.for('pebble-ts.test-runner')]\nexport const { ${names.join(', ')} } = stubs\nexport default stubs\n`
  return `data:text/javascript,${encodeURIComponent(source)}`
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
