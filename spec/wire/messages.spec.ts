import { LONE_CALL, argsFlags, callFlags, isLoneCall, selfFlags } from '../../src/wire/messages'
import { BYTES, CODED, LIVE, PLAIN } from '../../src/wire/values'

test('the flags of both payloads of a call fit into one byte', () => {
  for (const self of [PLAIN, CODED, BYTES, LIVE, CODED | BYTES | LIVE])
    for (const args of [PLAIN, CODED, BYTES, LIVE, CODED | BYTES | LIVE]) {
      const flags = callFlags(self, args)
      expect(flags).toBeLessThan(256)
      expect([selfFlags(flags), argsFlags(flags)]).toEqual([self, args])
      const lone = flags | LONE_CALL
      expect(lone).toBeLessThan(256)
      expect([selfFlags(lone), argsFlags(lone)]).toEqual([self, args])
      const batch = (of: number): boolean => isLoneCall([0, 1, 1, 0, of, undefined, [], undefined])
      expect([batch(flags), batch(lone)]).toEqual([false, true])
    }
})
