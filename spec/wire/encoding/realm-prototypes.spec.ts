import { createContext, runInContext } from 'node:vm'
import { isForeign } from '../../../src/utils/realm'
import { prototypesOfHost, adoptPrototypes } from '../../../src/wire/encoding/realm-prototypes'
import { roundTrip } from '../support'

describe('in a sandbox', () => {
  it('is recognised', () => {
    expect(isForeign).toBe(true)
  })

  it('received values are of this realm', () => {
    const make = (): unknown[] => [
      {},
      new Map(),
      new Set(),
      new Date(),
      /a/,
      new Float64Array(1),
      Object(5),
      new DataView(new ArrayBuffer(1)),
      new AggregateError([]),
    ]
    const value = make()
    value.forEach((item, i) => {
      const [arrived] = roundTrip([item]) as [unknown]
      expect(arrived).toBeInstanceOf((make()[i] as object).constructor)
    })
    const nested = roundTrip({ list: [new Map([[{ key: 1 }, new Set([[1]])]])] }) as {
      list: Array<Map<object, Set<unknown[]>>>
    }
    expect(nested.list).toBeInstanceOf(Array)
    const [[key, set]] = [...(nested.list[0] as Map<object, Set<unknown[]>>)] as [[object, Set<unknown[]>]]
    expect(key).toBeInstanceOf(Object)
    expect([...set][0]).toBeInstanceOf(Array)
  })
})

describe('adoptPrototypes', () => {
  const realm = createContext({})
  const table = prototypesOfHost(runInContext('globalThis', realm) as object)
  const far = (code: string): unknown => adoptPrototypes(runInContext(code, realm), table)

  it('gives objects of another realm the prototypes of this one, in place', () => {
    const value = far(
      'const a = { list: [new TypeError("x", { cause: [new Date()] })], map: new Map([[/a/, {}]]) }; a.self = a; a',
    )
    expect(value).toBeInstanceOf(Object)
    const { list, map, self } = value as { list: [Error]; map: Map<RegExp, object>; self: object }
    expect(self).toBe(value)
    expect(list).toBeInstanceOf(Array)
    expect(list[0]).toBeInstanceOf(TypeError)
    expect((list[0].cause as Date[])[0]).toBeInstanceOf(Date)
    expect([...map.keys()][0]).toBeInstanceOf(RegExp)
    expect([...map.values()][0]).toBeInstanceOf(Object)
  })

  it('does not change primitives, or objects of other classes', () => {
    expect(far('5')).toBe(5)
    expect(adoptPrototypes(null, table)).toBeNull()
    class Own {}
    expect(adoptPrototypes(new Own(), table)).toBeInstanceOf(Own)
  })

  it('does not visit holes or binary data one by one', () => {
    expect(far('Array(2 ** 32 - 1)')).toHaveLength(2 ** 32 - 1)
    expect(far('new Uint8Array(1e8)')).toBeInstanceOf(Uint8Array)
  })
})
