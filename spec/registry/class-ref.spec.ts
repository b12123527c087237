import { pathToFileURL } from 'node:url'
import { runInNewContext } from 'node:vm'
import { NotFoundError } from '../../src/errors'
import { classRefOf } from '../../src/registry/class-ref'
import { register, type Registration } from '../../src/registry/registrations'

const here = { url: pathToFileURL(__filename).href, format: 'cjs' }

class Base {
  static who(): string {
    return this.name
  }
  m(): void {}
}
class Sub extends Base {}
class Decorated extends Base {
  own(): void {}
}
const method = define(Base.prototype, 'm', 'instance')
const who = define(Base, 'who', 'static')
const own = define(Decorated.prototype, 'own', 'instance')

describe('the class of an instance', () => {
  it('has no reference if it defines the method itself', () => {
    expect(classRefOf(method, new Base())).toBeNull()
    expect(classRefOf(who, Base)).toBeNull()
  })

  it('is found by the position of its text, and cached', () => {
    const ref = classRefOf(method, new Sub())
    expect(ref).toEqual({ module: here, name: 'Sub', static: false, position: expect.stringMatching(/^\d+:\d+$/) })
    expect(classRefOf(method, new Sub())).toBe(ref)
    expect(classRefOf(who, Sub)).toMatchObject({ module: here, name: 'Sub', static: true })
  })

  it('is identified by a decorated method of its own', () => {
    expect(classRefOf(method, new Decorated())).toEqual({
      module: here,
      name: 'Decorated',
      static: false,
      via: own.key,
    })
  })

  it('is found for an object created from an instance', () => {
    expect(classRefOf(method, Object.create(new Base()) as object)).toBeNull()
    expect(classRefOf(method, Object.create(new Sub()) as object)).toMatchObject({ name: 'Sub' })
  })

  it('is found if no decorator knows the owner', () => {
    const untold = define(undefined, 'm', 'instance')
    Object.defineProperty(Base.prototype, 'm', { value: untold.wrapper, configurable: true, writable: true })
    expect(classRefOf(untold, new Sub())).toMatchObject({ name: 'Sub' })
    expect(untold.owner).toBe(Base.prototype)
  })

  it('is refused if it has no module, because its overrides would be lost', () => {
    const Evaluated = runInNewContext('(Base) => class Evaluated extends Base {}')(Base) as typeof Base
    expect(() => classRefOf(method, new Evaluated())).toThrow(
      new NotFoundError(
        'Cannot run `m` of class-ref.spec.ts for an instance of `Evaluated`: the module that defines this class is not known, so a worker cannot import it. Define the class at the top level of a module and export it.',
      ),
    )
  })
})

function define(owner: object | undefined, name: string, holder: 'instance' | 'static'): Registration {
  const wrapper = { wrapper() {} }.wrapper
  return register({ name, holder, original: () => {}, wrapper, owner, below: define })
}
