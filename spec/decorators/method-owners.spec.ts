import { execFileSync } from 'node:child_process'
import '../support/setup'
import { thread } from 'pebble-ts'

type Initializer = (this: object) => void
type Decorate = (method: Function, context: object) => Function

/** Applies `@thread` to methods of a class as a compiler does, and returns the initializers that were added. */
function decorate(owner: Function, names: readonly string[], isStatic: boolean, metadata?: object): Initializer[] {
  const initializers: Initializer[] = []
  const holder = (isStatic ? owner : owner.prototype) as Record<string, Function>
  for (const name of names) {
    const context = { kind: 'method', name, static: isStatic, private: false, metadata }
    const addInitializer = (initializer: Initializer): unknown => initializers.push(initializer)
    const value = (thread as unknown as Decorate)(holder[name] as Function, { ...context, addInitializer })
    Object.defineProperty(holder, name, { value, configurable: true, writable: true })
  }
  return initializers
}

function createClass() {
  return class Service {
    static first(): void {}
    static second(): void {}
    first(): void {}
    second(): void {}
    third(): void {}
  }
}

function construct(cls: new () => object, initializers: Initializer[]): Record<string, Function> {
  const instance = new cls()
  for (const initializer of initializers) initializer.call(instance)
  return instance as Record<string, Function>
}

const NAMES = ['first', 'second', 'third']

test('Symbol.metadata exists, so compilers create metadata', () => {
  expect(typeof (Symbol as { metadata?: symbol }).metadata).toBe('symbol')
})

test('the library can be imported where Symbol is frozen', () => {
  const code = `console.log(typeof require('pebble-ts').thread, Symbol.metadata)`
  const options = { encoding: 'utf8', stdio: 'pipe' } as const
  expect(execFileSync(process.execPath, ['--frozen-intrinsics', '-e', code], options)).toBe('function undefined\n')
})

test.each([
  ['one initializer if they have metadata', {}, 1],
  ['an initializer each without metadata', undefined, 3],
])('three methods of a class add %s', (_title, metadata, count) => {
  const Service = createClass()
  const initializers = decorate(Service, NAMES, false, metadata)
  expect(initializers).toHaveLength(count)
  const [one, other] = [construct(Service, initializers), construct(Service, initializers)]
  for (const name of NAMES) {
    expect(one[name]).toBe(one[name])
    expect(one[name]).not.toBe(other[name])
  }
})

test('a subclass has an initializer of its own, and finds its own methods', () => {
  const Service = createClass()
  const metadata = {}
  const ofService = decorate(Service, ['first', 'second'], false, metadata)
  class Special extends Service {
    override third(): void {}
  }
  const ofSpecial = decorate(Special, ['third'], false, Object.create(metadata) as object)
  expect([ofService.length, ofSpecial.length]).toEqual([1, 1])
  const [one, other] = [construct(Special, [...ofService, ...ofSpecial]), construct(Service, ofService)]
  for (const name of ['first', 'second']) expect(one[name]).not.toBe(other[name])
  expect(Object.hasOwn(Special.prototype, 'first')).toBe(false)
  expect(Object.getOwnPropertyDescriptor(Special.prototype, 'third')?.get).toBeDefined()
})

test('static methods do not share the initializer of the instances', () => {
  const Service = createClass()
  const metadata = {}
  const ofClass = decorate(Service, ['first', 'second'], true, metadata)
  const ofInstances = decorate(Service, NAMES, false, metadata)
  expect([ofClass.length, ofInstances.length]).toEqual([2, 1])
})

test('a method that a mock replaces at the first instance is found later; the others do not wait for it', () => {
  const Service = createClass()
  const initializers = decorate(Service, NAMES, false, {})
  const mock = jest.spyOn(Service.prototype, 'second')
  const early = construct(Service, initializers)
  expect(early.first).not.toBe(construct(Service, initializers).first)
  mock.mockRestore()
  expect(construct(Service, initializers).second).not.toBe(construct(Service, initializers).second)
})
