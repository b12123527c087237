import { symbolOf, symbolRefOf } from '../../src/registry/symbol-refs'
import { EXPORTED } from '../fixtures/propagation'

test('a symbol of Symbol.for is named by its key', () => {
  const symbol = Symbol.for('pebble-spec.tenant')
  expect(symbolRefOf(symbol)).toBe('pebble-spec.tenant')
  expect(symbolOf('pebble-spec.tenant')).toBe(symbol)
})

test('a symbol that a module exports is named by the module and the export', () => {
  const ref = symbolRefOf(EXPORTED)
  expect(ref).toEqual([require.resolve('../fixtures/propagation'), 'EXPORTED'])
  expect(symbolOf(ref as never)).toBe(EXPORTED)
  expect(symbolRefOf(EXPORTED)).toBe(ref)
})

test('any other symbol has no name', () => {
  const symbol = Symbol('EXPORTED')
  expect([symbolRefOf(symbol), symbolRefOf(symbol)]).toEqual([undefined, undefined])
})

test.each([
  ['/no/such/module.js', 'EXPORTED'],
  [require.resolve('../fixtures/propagation'), 'missing'],
  [require.resolve('../fixtures/propagation'), 'tenant'],
])('a name that says no symbol here finds none: %s %s', (file, name) => {
  expect(symbolOf([file, name])).toBeUndefined()
})

test('symbols that nothing exports are soon not looked for any more', () => {
  for (let count = 0; count < 200; count++) symbolRefOf(Symbol('of a request'))
  const read = jest.spyOn(Object, 'getOwnPropertyDescriptors')
  expect(symbolRefOf(Symbol('of a request'))).toBeUndefined()
  expect(read).not.toHaveBeenCalled()
  read.mockRestore()
})
