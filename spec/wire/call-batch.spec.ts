import {
  argsFlags,
  callFlags,
  copyLarge,
  isLoneCall,
  LONE_CALL,
  replaceLarge,
  selfFlags,
  type CallBatch,
} from '../../src/wire/call-batch'
import { LARGE } from '../../src/wire/encoding/bytes'
import { BYTES, CODED, LIVE, PLAIN } from '../../src/wire/packed'

const call = (self: [unknown, number], args: [unknown, number]): unknown[] =>
  [1, 1, 0, callFlags(self[1], args[1]), self[0], args[0], undefined] // prettier-ignore
const small = (): Uint8Array => new Uint8Array(LARGE - 1)
const large = (): Uint8Array => new Uint8Array(LARGE).fill(7)
const none = [undefined, PLAIN] as [unknown, number]

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

describe('the large payloads of a batch', () => {
  it('are bytes from 64 KiB on, and bytes with parts', () => {
    const payloads = [large(), [Uint8Array.of(1), large()], large()]
    const batch: CallBatch = [
      0,
      ...call([payloads[0], BYTES], [payloads[1], CODED | BYTES]),
      ...call(none, [payloads[2], BYTES]),
      ...call([small(), BYTES], [[1, 2], PLAIN]),
    ]
    const before = [...batch]
    const replaced: unknown[] = []
    const copy = replaceLarge(batch, (bytes) => replaced.push(bytes))
    expect(replaced).toHaveLength(3)
    replaced.forEach((bytes, index) => expect(bytes).toBe(payloads[index]))
    expect([copy[5], copy[6], copy[13]]).toEqual([1, 2, 3])
    expect(batch).toEqual(before)
  })

  it('are none in other batches, which stay as they are', () => {
    const batch: CallBatch = [0, ...call([{}, PLAIN], [[large()], PLAIN]), ...call(none, [small(), BYTES])]
    const copies: ArrayBuffer[] = []
    expect(copyLarge(batch, copies)).toBe(batch)
    expect(copies).toEqual([])
  })

  it('are copied to be moved: the batch keeps its own', () => {
    const pool = new Uint8Array(2 * LARGE).fill(3)
    const parts = [Uint8Array.of(1), pool.subarray(LARGE)]
    const batch: CallBatch = [0, ...call(none, [parts, BYTES]), ...call(none, [large(), BYTES])]
    const copies: ArrayBuffer[] = []
    const moved = structuredClone(copyLarge(batch, copies), { transfer: copies })
    expect(copies.map((memory) => memory.byteLength)).toEqual([0, 0, 0])
    expect((moved[6] as Uint8Array[]).map((part) => part.buffer.byteLength)).toEqual([1, LARGE])
    expect(Buffer.from((moved[6] as [Uint8Array, Uint8Array])[1]).equals(pool.subarray(LARGE))).toBe(true)
    expect(Buffer.from(moved[13] as Uint8Array).equals(large())).toBe(true)
    expect(pool.byteLength).toBe(2 * LARGE)
    expect(batch[6]).toBe(parts)
  })
})
