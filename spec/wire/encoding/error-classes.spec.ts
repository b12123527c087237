import { AssertionError } from 'node:assert'
import { runInNewContext, runInThisContext } from 'node:vm'
import * as pebble from '../../../src/errors'
import { errorOf, typeOf } from '../../../src/wire/encoding/error-classes'

const webAssembly = (globalThis as unknown as { WebAssembly: Record<string, ErrorConstructor> }).WebAssembly as {
  LinkError: ErrorConstructor
}

describe('the class of an error that exists on both sides', () => {
  it.each<[string, () => object]>([
    ['pebble.PoolError', () => new pebble.PoolError('x')],
    ['pebble.PoolError', () => new (class Mine extends pebble.PoolError {})('x')],
    ['pebble.CancelledError', () => new pebble.CancelledError()],
    ['Error', () => new Error('x')],
    ['RangeError', () => new RangeError('x')],
    ['AggregateError', () => new (class Mine extends AggregateError {})([])],
    ['TypeError', () => runInNewContext('new TypeError("x")') as object],
    ['DOMException', () => new DOMException('x')],
    ['Error', () => new (class DOMException extends Error {})('x')],
    ['Error', () => new (class TypeError extends Error {})('x')],
    ['WebAssembly.RuntimeError', () => runInThisContext('new WebAssembly.RuntimeError("x")') as object],
    ['AssertionError', () => new AssertionError({ message: 'x' })],
    ['Error', () => new (class AssertionError extends Error {})('x')],
    ['Error', () => Object.create(null) as object],
    ['Error', () => Object.create({ constructor: { name: 'RangeError' } }) as object],
  ])('is %s: %#', (type, make) => {
    expect(typeOf(make())).toBe(type)
  })

  it('is Error for a proxy, whose traps are not called', () => {
    const trap = (): never => {
      throw new Error('called')
    }
    const proxy = new Proxy(RangeError.prototype, { getOwnPropertyDescriptor: trap, getPrototypeOf: trap })
    expect(typeOf(Object.create(proxy) as object)).toBe('Error')
  })

  it.each<[string, Function]>([
    ['Error', Error],
    ['RangeError', RangeError],
    ['pebble.TimeoutError', pebble.TimeoutError],
    ['pebble.Gone', Error], // of another version
    ['SuppressedError', (globalThis as { SuppressedError?: Function }).SuppressedError ?? Error],
    ['Map', Error],
    ['AssertionError', AssertionError],
    ['WebAssembly.LinkError', webAssembly.LinkError],
    ['WebAssembly.Gone', Error],
  ])('makes a new error: %s', (type, cls) => {
    const error = errorOf(type, 'text', 'Name')
    expect(Object.getPrototypeOf(error)).toBe(cls.prototype)
    expect(Object.getOwnPropertyNames(error)).toEqual(['stack'])
  })

  it('makes a DOMException with its text', () => {
    expect(errorOf('DOMException', 'text', 'AbortError')).toMatchObject({
      message: 'text',
      name: 'AbortError',
      code: 20,
    })
  })
})
