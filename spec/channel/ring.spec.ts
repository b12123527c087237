import fc from 'fast-check'
import { Kind, type WorkerMessage } from '../../src/wire/messages'
import { RING_BYTES, RingReader, RingWriter } from '../../src/wire/ring'

const CAPACITY = RING_BYTES - 64
const LARGEST = CAPACITY / 8

function makeRing(): { reader: RingReader; writer: RingWriter } {
  const reader = new RingReader()
  return { reader, writer: new RingWriter(reader.memory) }
}

function drain(reader: RingReader): WorkerMessage[] {
  const list: WorkerMessage[] = []
  reader.drain((message) => list.push(message))
  return list
}

/** Bytes arrive as a Buffer. */
const comparable = (data: unknown): unknown =>
  data instanceof Uint8Array ? Buffer.from(data).toString('base64') : data

describe('a ring', () => {
  test('carries messages in order', () => {
    const { reader, writer } = makeRing()
    expect(writer.write(Kind.Value, 1, 0.5, 0, 'one')).toBe(true)
    expect(writer.write(Kind.Thrown, 2, 1.5, 3, Uint8Array.of(1, 2))).toBe(true)
    expect(drain(reader)).toEqual([
      { kind: Kind.Value, sequence: 1, duration: 0.5, flags: 0, data: 'one' },
      { kind: Kind.Thrown, sequence: 2, duration: 1.5, flags: 3, data: Buffer.of(1, 2) },
    ])
    expect(drain(reader)).toEqual([])
  })

  test('wakes its reader once, until the reader has caught up', () => {
    const { reader, writer } = makeRing()
    writer.write(Kind.Value, 1, 0, 0, 1)
    expect(writer.mustWake()).toBe(true)
    writer.write(Kind.Value, 2, 0, 0, 2)
    expect(writer.mustWake()).toBe(false)
    expect(drain(reader)).toHaveLength(2)
    writer.write(Kind.Value, 3, 0, 0, 3)
    expect(writer.mustWake()).toBe(true)
  })

  test('takes no more than it has room for, and goes on when it was read', () => {
    const { reader, writer } = makeRing()
    let written = 0
    while (writer.write(Kind.Value, written, 0, 0, 'x'.repeat(1_000))) written += 1
    expect(written).toBeGreaterThan(200)
    expect(drain(reader)).toHaveLength(written)
    expect(writer.write(Kind.Value, 1, 0, 0, 'again')).toBe(true)
    expect(drain(reader)).toMatchObject([{ data: 'again' }])
  })

  test('refuses what is no frame, and frames that would fill it', () => {
    const { reader, writer } = makeRing()
    expect(writer.write(Kind.Value, 1, 0, 0, {})).toBe(false)
    expect(writer.write(Kind.Value, 1, 0, 0, new Uint8Array(LARGEST))).toBe(false)
    expect(drain(reader)).toEqual([])
  })

  test('may be drained by what it delivers', () => {
    const { reader, writer } = makeRing()
    const seen: unknown[] = []
    for (const n of [1, 2, 3]) writer.write(Kind.Value, n, 0, 0, n)
    reader.drain(({ data }) => {
      seen.push(data)
      if (data === 1) reader.drain((inner) => seen.push(inner.data))
    })
    expect(seen).toEqual([1, 2, 3])
  })

  test('delivers what was written, whatever the sizes and the pace', () => {
    const data = fc.oneof(
      fc.integer(),
      fc.constant(undefined),
      fc.string({ maxLength: 3_000 }),
      fc.string({ unit: 'binary', maxLength: 3_000 }),
      fc.uint8Array({ maxLength: 9_000 }),
      fc.nat(LARGEST - 32).map((size) => new Uint8Array(size).fill(size)),
    )
    const step = fc.oneof({ weight: 5, arbitrary: data.map((value) => ({ value })) }, fc.constant('drain' as const))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const { reader, writer } = makeRing()
        const [sent, received]: unknown[][] = [[], []]
        for (const each of steps) {
          if (each === 'drain') received?.push(...drain(reader).map((message) => message.data))
          else if (writer.write(Kind.Value, 1, 0, 0, each.value)) sent?.push(each.value)
        }
        received?.push(...drain(reader).map((message) => message.data))
        expect(received?.map(comparable)).toStrictEqual(sent?.map(comparable))
      }),
      { numRuns: 150 },
    )
  })
})
