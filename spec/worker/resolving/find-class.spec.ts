import { runInThisContext } from 'node:vm'
import { locateClass } from '../../../src/registry/locate-class'
import type { ClassRef } from '../../../src/registry/keys'
import { findClass, findModuleClass } from '../../../src/worker/resolving/find-class'

// The debugger finds objects of the host's realm only.
const code = `(() => {
  class Base {}
  const twin = () => { class Twin extends Base {} return Twin }
  const other = () => { class Twin extends Base {} return Twin }
  return [Base, class Single extends Base {}, twin(), other()]
})()`
type Class = new () => object
const [Base, Single, First, Second] = runInThisContext(code, { filename: '/app/bundle.js' }) as [
  Class,
  Class,
  Class,
  Class,
]

const refOf = (cls: Function): ClassRef => ({ ...locateClass(cls)!, name: cls.name, static: true })

describe('a subclass without decorated methods', () => {
  it('is found by its name', () => {
    expect(findClass(refOf(Single), Base, [])).toBe(Single)
    expect(findClass({ ...refOf(Single), static: false }, Base.prototype as object, [])).toBe(Single.prototype)
  })

  it('is found by its position if its file has several of the name', () => {
    expect(findClass(refOf(First), Base, [First, Second])).toBe(First)
    expect(findClass(refOf(Second), Base, [First, Second])).toBe(Second)
  })

  it('is not found if nothing tells it from another', () => {
    const { position: _position, ...ref } = refOf(First)
    expect(findClass(ref, Base, [])).toBeNull()
    expect(findClass({ ...ref, position: '0:0' }, Base, [])).toBeNull()
    expect(findClass({ ...ref, module: { ...ref.module, url: 'file:///app/other.js' } }, Base, [])).toBeNull()
  })
})

describe('another class', () => {
  it('is found among the exports of its module', () => {
    expect(findModuleClass(refOf(Single), [Base, Single])).toBe(Single)
  })
})
