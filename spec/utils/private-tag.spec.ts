import { createTag } from '../../src/utils/private-tag'

describe('a stamp', () => {
  it('keeps one value per object', () => {
    const stamp = createTag<number>()
    const [a, b, fn] = [{}, {}, () => undefined]
    stamp.set(a, 1)
    stamp.set(fn, 2)
    stamp.set(a, 3)
    expect([stamp.get(a), stamp.get(b), stamp.get(fn)]).toEqual([3, undefined, 2])
  })

  it('is apart from other stamps', () => {
    const [stamp, other] = [createTag<number>(), createTag<number>()]
    const object = {}
    stamp.set(object, 1)
    expect(other.get(object)).toBeUndefined()
  })

  it('is nobody else’s to see', () => {
    const stamp = createTag<number>()
    const object = { a: 1 }
    stamp.set(object, 1)
    expect(Reflect.ownKeys(object)).toEqual(['a'])
    expect(stamp.get({ ...object })).toBeUndefined()
    expect(stamp.get(structuredClone(object))).toBeUndefined()
    expect(stamp.get(Object.create(object) as object)).toBeUndefined()
  })

  it('stays on an object that is frozen later', () => {
    const stamp = createTag<number>()
    const object = {}
    stamp.set(object, 1)
    expect(stamp.get(Object.freeze(object))).toBe(1)
  })
})
