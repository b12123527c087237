import { freezeFields } from '../../src/worker/freeze'

describe('the fields of a snapshot', () => {
  test('are frozen where they are plain objects and arrays, at any depth', () => {
    const fields = { list: [{ n: 1 }], bare: Object.assign(Object.create(null), { deep: { n: 1 } }) }
    freezeFields(fields)
    for (const each of [fields.list, fields.list[0], fields.bare, fields.bare.deep])
      expect(Object.isFrozen(each)).toBe(true)
  })

  test('are frozen in what cannot be frozen, or is not', () => {
    const [inMap, inSet, ofError, ofCause] = [{ n: 1 }, [1], { n: 1 }, { n: 1 }]
    const error = Object.assign(new RangeError('x', { cause: Object.assign(new Error('y'), { ofCause }) }), { ofError })
    const fields = { map: new Map([['a', inMap]]), set: new Set([inSet]), error }
    freezeFields(fields)
    for (const each of [inMap, inSet, ofError, ofCause]) expect(Object.isFrozen(each)).toBe(true)
    expect(Object.isFrozen(error)).toBe(false)
  })

  test('may refer to each other in a circle', () => {
    const fields: { self?: object; error?: Error } = { error: new Error('x') }
    Object.assign(fields.error as Error, { cause: fields.error, list: [fields] })
    fields.self = fields
    freezeFields(fields)
    expect(Object.isFrozen(fields)).toBe(true)
  })
})
