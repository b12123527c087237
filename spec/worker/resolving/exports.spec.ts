import { exportedFunctions } from '../../../src/worker/resolving/exports'

const functions = (exports: unknown): string[] => [...exportedFunctions(exports)].map(({ name }) => name)

class A {}
class B {}

describe('the exported functions of a module', () => {
  it('are its exports, and those of the objects that it exports', () => {
    expect(functions({ A, nested: { B, deeper: { C: class C {} } } })).toEqual(['A', 'B'])
  })

  it('include those of CommonJS if a class is the export', () => {
    expect(functions(Object.assign(class Main {}, { A }))).toEqual(['Main', 'A'])
  })

  it('include those behind getters of re-exports, but of no other getter', () => {
    const get = (): never => {
      throw new Error('a getter of the user was called')
    }
    const user = Object.defineProperty({ A }, 'lazy', { get, enumerable: true })
    const reexport = { get: () => B, enumerable: true }
    expect(functions({ user, __esModule: true })).toEqual(['A'])
    expect(functions(Object.defineProperty({ __esModule: true }, 'B', reexport))).toEqual(['B'])
  })

  it('may refer to each other', () => {
    const exports: Record<string, unknown> = { A }
    exports['self'] = exports
    expect(functions(exports)).toEqual(['A'])
  })

  it('are not searched in values that are no objects, or in a proxy that throws', () => {
    const refusing = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('no')
        },
      },
    )
    expect(functions({ refusing, nothing: null, text: 'x' })).toEqual([])
  })
})
