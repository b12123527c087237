import { put } from '../../../src/wire/encoding/markers'

test('put() makes an ordinary own property, whatever the prototype defines', () => {
  const target = Object.create({ set a(_value: unknown) { throw new Error('called') } }) as object // prettier-ignore
  put(target, 'a', 1)
  put(target, 'b', 2, false)
  put(target, '__proto__', 3)
  const rest = { writable: true, configurable: true }
  expect(Object.getOwnPropertyDescriptors(target)).toEqual({
    a: { value: 1, enumerable: true, ...rest },
    b: { value: 2, enumerable: false, ...rest },
    ['__proto__']: { value: 3, enumerable: true, ...rest },
  })
})
