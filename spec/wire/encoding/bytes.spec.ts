import { fromBytes, isLarge, LARGE, toBytes, type Bytes } from '../../../src/wire/encoding/bytes'
import { BYTES, CODED, pack, unpack, type PackContext } from '../../../src/wire/values'
import { carry, process, roundTrip, thread } from '../support'

const SIZE = LARGE + 8

/** Memory with one byte before and eight behind what views show. */
function memory(): ArrayBuffer {
  const { buffer } = new Uint8Array(SIZE + 16).map((_, index) => index % 251)
  return buffer
}

const VIEWS: ReadonlyArray<[string, () => ArrayBufferView]> = [
  ['Buffer', () => Buffer.from(memory(), 8, SIZE)],
  ['DataView', () => new DataView(memory(), 8, SIZE)],
  ['Int8Array', () => new Int8Array(memory(), 8, SIZE)],
  ['Uint8Array', () => new Uint8Array(memory(), 8, SIZE)],
  ['Uint8ClampedArray', () => new Uint8ClampedArray(memory(), 8, SIZE)],
  ['Int16Array', () => new Int16Array(memory(), 8, SIZE / 2)],
  ['Uint16Array', () => new Uint16Array(memory(), 8, SIZE / 2)],
  ['Int32Array', () => new Int32Array(memory(), 8, SIZE / 4)],
  ['Uint32Array', () => new Uint32Array(memory(), 8, SIZE / 4)],
  ['Float32Array', () => new Float32Array(memory(), 8, SIZE / 4)],
  ['Float64Array', () => new Float64Array(memory(), 8, SIZE / 8)],
  ['BigInt64Array', () => new BigInt64Array(memory(), 8, SIZE / 8)],
  ['BigUint64Array', () => new BigUint64Array(memory(), 8, SIZE / 8)],
]

const raw = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength)
const partsOf = (bytes: Bytes): Uint8Array[] => (bytes instanceof Uint8Array ? [] : bytes.slice(1))

describe.each([thread, process])('large memory, to a $kind', (context) => {
  it.each(VIEWS)('crosses as %s, without what is around it', (_name, make) => {
    const view = make()
    const arrived = roundTrip({ view, after: 1 }, context) as { view: ArrayBufferView; after: number }
    expect(arrived.view.constructor.name).toBe(view.constructor.name)
    expect(raw(arrived.view).equals(raw(view))).toBe(true)
    expect(arrived.view.buffer.byteLength).toBe(SIZE)
    expect(arrived.after).toBe(1)
  })

  it('crosses as ArrayBuffer, once for all references', () => {
    const buffer = memory()
    const arrived = roundTrip([buffer, { buffer }, new Map([[1, buffer]])], context) as [
      ArrayBuffer,
      { buffer: ArrayBuffer },
      Map<number, ArrayBuffer>,
    ]
    expect(Buffer.from(arrived[0]).equals(Buffer.from(buffer))).toBe(true)
    expect(arrived[1].buffer).toBe(arrived[0])
    expect(arrived[2].get(1)).toBe(arrived[0])
  })

  it('crosses beside values that have a codec', () => {
    const error = Object.assign(new Error('no'), { buffer: memory(), view: Buffer.from(memory(), 8, SIZE) })
    const sent = [new URL('http://host/'), error, memory()]
    expect(pack(sent, context).flags).toBe(CODED | BYTES)
    const [url, arrived, buffer] = roundTrip(sent, context) as [URL, typeof error, ArrayBuffer]
    expect(url.href).toBe('http://host/')
    expect(Buffer.from(arrived.buffer).equals(Buffer.from(error.buffer))).toBe(true)
    expect(arrived.view.equals(error.view)).toBe(true)
    expect(buffer.byteLength).toBe(SIZE + 16)
  })

  it('is sent as it was when it was packed', () => {
    const sent = { buffer: memory(), view: new Uint8Array(memory()) }
    const packed = pack(sent, context)
    new Uint8Array(sent.buffer).fill(255)
    sent.view.fill(255)
    const arrived = unpack(carry(packed, context.kind), packed.flags, {}) as typeof sent
    expect(Buffer.from(arrived.buffer).equals(Buffer.from(memory()))).toBe(true)
    expect(Buffer.from(arrived.view.buffer).equals(Buffer.from(memory()))).toBe(true)
  })

  it('crosses beside many values', () => {
    const sent = {
      list: Array.from({ length: 1_000 }, (_, i) => ({ i })),
      buffer: memory(),
      view: new DataView(memory()),
    }
    const arrived = roundTrip(sent, context) as typeof sent
    expect(arrived.list).toEqual(sent.list)
    expect(Buffer.from(arrived.buffer).equals(Buffer.from(sent.buffer))).toBe(true)
    expect(raw(arrived.view).equals(raw(sent.view))).toBe(true)
  })
})

describe('the bytes of a value', () => {
  it('have parts beside them from 64 KiB on', () => {
    const [small, large] = [Buffer.alloc(LARGE - 1), Buffer.alloc(LARGE)]
    expect(toBytes([small])).toBeInstanceOf(Uint8Array)
    expect(partsOf(toBytes([small, large])).map((part) => part.byteLength)).toEqual([LARGE])
    expect(isLarge(new ArrayBuffer(LARGE))).toBe(true)
    expect(isLarge(new ArrayBuffer(LARGE - 1))).toBe(false)
  })

  it('leave resizable memory among them', () => {
    const Resizable = ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer
    const buffer = new Resizable(LARGE, { maxByteLength: 2 * LARGE })
    expect(isLarge(buffer)).toBe(false)
    expect((roundTrip([buffer], process) as [ArrayBuffer])[0].byteLength).toBe(LARGE)
  })

  it('have copies of the memory as parts, unless the value is sent now', () => {
    const view = Buffer.from(memory(), 8, SIZE)
    const [copy] = partsOf(toBytes([view])) as [Uint8Array]
    expect([copy.buffer === view.buffer, copy.buffer.byteLength]).toEqual([false, SIZE])
    const [same] = partsOf(toBytes([view], [], false)) as [Uint8Array]
    expect([same.buffer === view.buffer, same.byteOffset, same.byteLength]).toEqual([true, 8, SIZE])
  })

  it('are read from parts of larger memory too', () => {
    const [bytes, part] = toBytes([Buffer.from(memory(), 8, SIZE)]) as [Uint8Array, Uint8Array]
    const larger = new Uint8Array(SIZE + 5)
    larger.set(part, 5)
    const [arrived] = fromBytes([bytes, larger.subarray(5)]) as [Buffer]
    expect([arrived.buffer.byteLength, arrived.byteOffset]).toEqual([SIZE, 0])
    expect(arrived.equals(part)).toBe(true)
  })
})

describe('a value that is sent now', () => {
  const now = (context: PackContext): PackContext => ({ ...context, sentNow: true })

  it('moves copies of its large memory to a thread', () => {
    const buffer = memory()
    const packed = pack({ buffer }, now(thread))
    expect(packed.transfer).toHaveLength(2)
    const arrived = unpack(carry(packed, 'thread'), packed.flags, {}) as { buffer: ArrayBuffer }
    expect(Buffer.from(arrived.buffer).equals(Buffer.from(buffer))).toBe(true)
    expect(buffer.byteLength).toBe(SIZE + 16)
    expect(packed.transfer?.map((memory) => (memory as ArrayBuffer).byteLength)).toEqual([0, 0])
  })

  it('moves its bytes to a thread if there are many', () => {
    const list = Array.from({ length: 20_000 }, (_, i) => i)
    const packed = pack(list, now(thread))
    expect(packed.transfer).toHaveLength(1)
    expect(unpack(carry(packed, 'thread'), packed.flags, {})).toEqual(list)
    expect(pack([new Date(0)], now(thread)).transfer).toBeUndefined()
    expect(pack([1], now(thread)).transfer).toBeUndefined()
  })

  it('goes to a process with its own memory', () => {
    const view = new Uint8Array(memory())
    const { data, transfer } = pack([view], now(process))
    expect((data as [Uint8Array, Uint8Array])[1].buffer).toBe(view.buffer)
    expect(transfer).toBeUndefined()
  })
})
