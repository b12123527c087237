import { pathToFileURL } from 'node:url'
import { runInThisContext } from 'node:vm'
import { collectGarbage, locationOf, objectsWith } from '../../src/registry/inspector'

class Base {}
class Sub extends Base {}

describe('the debugger', () => {
  it('returns the file that defines a class, with or without a constructor', () => {
    for (const cls of [
      Sub,
      class {
        constructor(readonly x = 1) {}
      },
    ]) {
      expect([__filename, pathToFileURL(__filename).href]).toContain(locationOf(cls)?.url)
    }
  })

  it('lists the objects that inherit from an object of the host', () => {
    const make = '(() => { class Base {}; class Sub extends Base {}; return { Base, Sub, instance: new Sub() } })()'
    const { Base, Sub, instance } = runInThisContext(make) as { Base: Function; Sub: Function; instance: object }
    expect(objectsWith(Base)).toEqual([Sub])
    expect(objectsWith(Sub.prototype as object)).toEqual([instance])
  })

  it('leaves no global behind', () => {
    const before = Object.getOwnPropertyNames(globalThis)
    objectsWith(Base)
    expect(Object.getOwnPropertyNames(globalThis)).toEqual(before)
  })
})

test('collectGarbage resolves when what nothing refers to is gone', async () => {
  const dropped = new WeakRef({})
  await collectGarbage() // the object may live until this turn ends
  await collectGarbage()
  expect(dropped.deref()).toBeUndefined()
})
