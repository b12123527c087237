import { inspect } from 'node:util'
import { runInNewContext } from 'node:vm'
import { detailOf, messageOf, summary } from '../../src/utils/text'

const trap = (): never => {
  throw new Error('a trap')
}
const { proxy: revoked, revoke } = Proxy.revocable({}, {})
revoke()

const withGetter = (key: 'stack' | 'message'): Error => Object.defineProperty(new RangeError('no'), key, { get: trap })

test('an error is described by its stack, by its message, or by its name and message', () => {
  const error = new RangeError('no')
  expect([detailOf(error), messageOf(error), summary(error)]).toEqual([error.stack, 'no', 'RangeError: no'])
})

test('an error of another realm is described in the same way', () => {
  const error = runInNewContext('new RangeError("no")') as Error
  expect([detailOf(error), messageOf(error)]).toEqual([error.stack, 'no'])
})

test('an error whose stack or message cannot be read is described by the rest of it', () => {
  expect(detailOf(Object.assign(new Error('no'), { stack: undefined }))).toBe('no')
  expect(detailOf(withGetter('stack'))).toBe('RangeError: no')
  expect(detailOf(Object.assign(new Error('no'), { stack: { frames: 1 } }))).toBe('{ frames: 1 }')
  expect(messageOf(Object.assign(new Error('no'), { message: Symbol('why') }))).toBe('Symbol(why)')
})

test('a string is described by itself', () => {
  expect([detailOf('a text'), messageOf('a text'), summary('a text')]).toEqual(['a text', 'a text', "'a text'"])
})

test.each<[string, unknown, string]>([
  ['undefined', undefined, 'undefined'],
  ['a symbol', Symbol('why'), 'Symbol(why)'],
  ['data', { a: 1 }, '{ a: 1 }'],
  ['an object without a prototype', Object.create(null), '[Object: null prototype] {}'],
  ['an object whose toString is none', { toString: null, valueOf: null }, '{ toString: null, valueOf: null }'],
  ['a revoked proxy', revoked, 'something that cannot be shown'],
  ['an object that cannot be inspected', { [inspect.custom]: trap }, 'something that cannot be shown'],
])('%s is described as inspect() shows it, if it does', (_what, thrown, text) => {
  for (const words of [detailOf, messageOf, summary]) expect(words(thrown)).toBe(text)
})

test('a trap that throws does no harm', () => {
  const proxy = new Proxy(new Error('no'), { get: trap, getPrototypeOf: trap })
  for (const thrown of [proxy, withGetter('message')])
    for (const words of [detailOf, messageOf, summary]) expect(typeof words(thrown)).toBe('string')
})
