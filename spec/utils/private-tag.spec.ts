import { createTag } from '../../src/utils/private-tag'

describe('a private tag', () => {
  it('keeps one value per object', () => {
    const tag = createTag<number>()
    const [a, b, fn] = [{}, {}, () => undefined]
    tag.set(a, 1)
    tag.set(fn, 2)
    tag.set(a, 3)
    expect([tag.get(a), tag.get(b), tag.get(fn)]).toEqual([3, undefined, 2])
  })

  it('is independent of other tags', () => {
    const [tag, other] = [createTag<number>(), createTag<number>()]
    const object = {}
    tag.set(object, 1)
    expect(other.get(object)).toBeUndefined()
  })

  it('is invisible to other code', () => {
    const tag = createTag<number>()
    const object = { a: 1 }
    tag.set(object, 1)
    expect(Reflect.ownKeys(object)).toEqual(['a'])
    expect(tag.get({ ...object })).toBeUndefined()
    expect(tag.get(structuredClone(object))).toBeUndefined()
    expect(tag.get(Object.create(object) as object)).toBeUndefined()
  })

  it('stays on an object that is frozen later', () => {
    const tag = createTag<number>()
    const object = {}
    tag.set(object, 1)
    expect(tag.get(Object.freeze(object))).toBe(1)
  })
})
