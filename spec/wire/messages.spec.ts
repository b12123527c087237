import { LONE_CALL, argsFlags, callFlags, isLoneCall, selfFlags } from '../../src/wire/messages'
import { put } from '../../src/wire/markers'
import { BYTES, CODED, LIVE, PLAIN } from '../../src/wire/values'

test('the flags of both payloads of a call go into one number of one byte', () => {
  for (const self of [PLAIN, CODED, BYTES, LIVE, CODED | BYTES | LIVE])
    for (const args of [PLAIN, CODED, BYTES, LIVE, CODED | BYTES | LIVE]) {
      const flags = callFlags(self, args)
      expect(flags).toBeLessThan(256)
      expect([selfFlags(flags), argsFlags(flags)]).toEqual([self, args])
      const alone = flags | LONE_CALL
      expect(alone).toBeLessThan(256)
      expect([selfFlags(alone), argsFlags(alone)]).toEqual([self, args])
      const batch = (of: number): boolean => isLoneCall([0, 1, 1, 0, of, undefined, [], undefined])
      expect([batch(flags), batch(alone)]).toEqual([false, true])
    }
})

test('what is put on an object is a property as any other, whatever its prototype says', () => {
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
