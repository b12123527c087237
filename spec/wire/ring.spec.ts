import fc from 'fast-check'
import { FRAME_HEADER } from '../../src/wire/frames'
import { MessageKind, type WorkerMessage } from '../../src/wire/messages'
import { RING_BYTES, RingReader, RingWriter } from '../../src/wire/ring'

const CAPACITY = RING_BYTES - 64
const LARGEST = CAPACITY / 8
const NOTIFIED = 2
const EIGHTHS = (count: number): number[] => new Array<number>(count).fill(LARGEST)

/** Bytes whose frame has this size. */
const bytes = (frame: number): Uint8Array => new Uint8Array(frame - FRAME_HEADER).fill(frame)

function makeRing(): { reader: RingReader; writer: RingWriter } {
  const reader = new RingReader()
  return { reader, writer: new RingWriter(reader.memory) }
}

function drain(reader: RingReader): WorkerMessage[] {
  const list: WorkerMessage[] = []
  reader.drain((message) => list.push(message))
  return list
}

/** Bytes arrive as a Buffer, so they are compared as text. */
const comparable = (data: unknown): unknown =>
  data instanceof Uint8Array ? Buffer.from(data).toString('base64') : data

describe('a ring', () => {
  test('carries messages in order', () => {
    const { reader, writer } = makeRing()
    expect(writer.write(MessageKind.Value, 1, 0.5, 0, 'one')).toBe(true)
    expect(writer.write(MessageKind.Thrown, 2, 1.5, 3, Uint8Array.of(1, 2))).toBe(true)
    expect(drain(reader)).toEqual([
      { kind: MessageKind.Value, sequence: 1, duration: 0.5, flags: 0, data: 'one' },
      { kind: MessageKind.Thrown, sequence: 2, duration: 1.5, flags: 3, data: Buffer.of(1, 2) },
    ])
    expect(drain(reader)).toEqual([])
  })

  test('wakes its reader once, and again after the reader has caught up', () => {
    const { reader, writer } = makeRing()
    writer.write(MessageKind.Value, 1, 0, 0, 1)
    expect(writer.mustWake()).toBe(true)
    writer.write(MessageKind.Value, 2, 0, 0, 2)
    expect(writer.mustWake()).toBe(false)
    expect(drain(reader)).toHaveLength(2)
    writer.write(MessageKind.Value, 3, 0, 0, 3)
    expect(writer.mustWake()).toBe(true)
  })

  test('accepts no more than it has room for, and goes on after it was read', () => {
    const { reader, writer } = makeRing()
    let written = 0
    while (writer.write(MessageKind.Value, written, 0, 0, 'x'.repeat(1_000))) written += 1
    expect(written).toBeGreaterThan(200)
    expect(drain(reader)).toHaveLength(written)
    expect(writer.write(MessageKind.Value, 1, 0, 0, 'again')).toBe(true)
    expect(drain(reader)).toMatchObject([{ data: 'again' }])
  })

  test('refuses values that are no frames, and frames that would fill it', () => {
    const { reader, writer } = makeRing()
    expect(writer.write(MessageKind.Value, 1, 0, 0, {})).toBe(false)
    expect(writer.write(MessageKind.Value, 1, 0, 0, bytes(LARGEST + 1))).toBe(false)
    expect(drain(reader)).toEqual([])
    expect(writer.write(MessageKind.Value, 1, 0, 0, bytes(LARGEST))).toBe(true)
    expect(drain(reader)).toHaveLength(1)
  })

  test('rounds each frame up to 8 bytes, and never fills up completely', () => {
    const { reader, writer } = makeRing()
    let written = 0
    while (writer.write(MessageKind.Value, written, 0, 0, null)) written += 1 // a header of 15 bytes
    expect(written).toBe(CAPACITY / 16 - 1)
    expect(drain(reader).map(({ sequence }) => sequence)).toEqual(Array.from({ length: written }, (_, i) => i))
  })

  describe('at its end', () => {
    /** Title; the sizes written before; how many of them were read; the size of one more; whether there is room for it. */
    test.each<[string, number[], number, number, boolean]>([
      ['takes a frame that fits exactly if the beginning is free', EIGHTHS(7), 1, LARGEST, true],
      ['does not take it if nothing was read: a full ring would look empty', EIGHTHS(7), 0, LARGEST, false],
      ['takes a smaller one, although nothing was read', EIGHTHS(7), 0, LARGEST - 8, true],
      ['continues at the beginning if more was read than is needed', [...EIGHTHS(7), 8 * 4], 2, LARGEST, true],
      ['does not continue there if exactly as much was read', [...EIGHTHS(7), 8 * 4], 1, LARGEST, false],
      ['continues there if a little less is needed', [...EIGHTHS(7), 8 * 4], 1, LARGEST - 8, true],
      ['takes no more after its end than was read', [...EIGHTHS(7), 8 * 4, LARGEST], 2, LARGEST, false],
      ['takes less after its end than was read', [...EIGHTHS(7), 8 * 4, LARGEST], 2, LARGEST - 8, true],
    ])('%s', (_, sizes, read, size, room) => {
      const { reader, writer } = makeRing()
      const sequences: number[] = []
      let last: boolean | undefined
      // the ring is written while it is read, as by another thread
      let next = 0
      const write = (): void => {
        while (next < sizes.length && writer.write(MessageKind.Value, next, 0, 0, bytes(sizes[next] as number)))
          next += 1
        if (next === sizes.length && sequences.length === read)
          last ??= writer.write(MessageKind.Value, next, 0, 0, bytes(size))
      }
      write()
      reader.drain(({ sequence }) => {
        sequences.push(sequence)
        write()
      })
      expect(last).toBe(room)
      expect(sequences).toEqual(Array.from({ length: sizes.length + (room ? 1 : 0) }, (_each, index) => index))
    })
  })

  describe('a ring that is written while its reader goes to sleep', () => {
    afterEach(() => jest.restoreAllMocks())

    /** Runs `step` once, right before or after the reader asks to be woken. */
    function atSleep(when: 'before' | 'after', step: () => void): void {
      const store = Atomics.store.bind(Atomics) as (array: Int32Array, index: number, value: number) => number
      let done = false
      const run = (now: 'before' | 'after'): void => {
        if (done || now !== when) return
        done = true
        step()
      }
      jest.spyOn(Atomics, 'store').mockImplementation(((array: Int32Array, index: number, value: number) => {
        const sleeps = index === NOTIFIED && value === 0
        if (sleeps) run('before')
        store(array, index, value)
        if (sleeps) run('after')
        return value
      }) as never)
    }

    test('is read again if the writer had no reason to wake the reader', () => {
      const { reader, writer } = makeRing()
      writer.write(MessageKind.Value, 1, 0, 0, 'first')
      atSleep('before', () => {
        writer.write(MessageKind.Value, 2, 0, 0, 'late')
        expect(writer.mustWake()).toBe(false)
      })
      expect(drain(reader)).toMatchObject([{ data: 'first' }, { data: 'late' }])
      writer.write(MessageKind.Value, 3, 0, 0, 'next')
      expect(writer.mustWake()).toBe(true)
    })

    test('is read again although the writer has woken the reader: messages on the port must not overtake the ring', () => {
      const { reader, writer } = makeRing()
      writer.write(MessageKind.Value, 1, 0, 0, 'first')
      const wakes: boolean[] = []
      const put = (data: string): void => {
        writer.write(MessageKind.Value, 2, 0, 0, data)
        wakes.push(writer.mustWake())
      }
      const store = Atomics.store.bind(Atomics) as (array: Int32Array, index: number, value: number) => number
      jest.spyOn(Atomics, 'store').mockImplementation(((array: Int32Array, index: number, value: number) => {
        const sleeps = index === NOTIFIED && value === 0 && wakes.length === 0
        if (sleeps) put('without')
        store(array, index, value)
        if (sleeps) put('with')
        return value
      }) as never)
      expect(drain(reader)).toMatchObject([{ data: 'first' }, { data: 'without' }, { data: 'with' }])
      expect([wakes, drain(reader)]).toEqual([[false, true], []])
    })
  })

  test('can be drained by the receiver of a message', () => {
    const { reader, writer } = makeRing()
    const seen: unknown[] = []
    for (const n of [1, 2, 3]) writer.write(MessageKind.Value, n, 0, 0, n)
    reader.drain(({ data }) => {
      seen.push(data)
      if (data === 1) reader.drain((inner) => seen.push(inner.data))
    })
    expect(seen).toEqual([1, 2, 3])
  })

  test('delivers what was written, for any sizes and any order of reads', () => {
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
          else if (writer.write(MessageKind.Value, 1, 0, 0, each.value)) sent?.push(each.value)
        }
        received?.push(...drain(reader).map((message) => message.data))
        expect(received?.map(comparable)).toStrictEqual(sent?.map(comparable))
      }),
      { numRuns: 150 },
    )
  })

  describe('numbers of a chunk', () => {
    const run = (sequence: number, duration: number, data: number[]): object => ({
      ...{ kind: MessageKind.ElementRun, sequence, duration, flags: 0, data },
    })
    const writeAll = (writer: RingWriter, sequence: number, first: number, values: number[]): void =>
      values.forEach((value, n) => expect(writer.writeNumber(sequence, first + n, value)).toBe(true))

    test('are one run, and go on where the reader has left off', () => {
      const { reader, writer } = makeRing()
      writeAll(writer, 7, 0, [1, 2.5, -0])
      expect(drain(reader)).toEqual([run(7, 0, [1, 2.5, -0])])
      expect(drain(reader)).toEqual([])
      writeAll(writer, 7, 3, [NaN, Infinity])
      expect(drain(reader)).toEqual([run(7, 3, [NaN, Infinity])])
    })

    test('end before another message, another call and a gap', () => {
      const { reader, writer } = makeRing()
      writeAll(writer, 7, 0, [1, 2])
      writer.write(MessageKind.Element, 7, 2, 0, 'text')
      writeAll(writer, 7, 3, [4])
      writeAll(writer, 8, 0, [5])
      writeAll(writer, 8, 2, [6])
      const text = { kind: MessageKind.Element, sequence: 7, duration: 2, flags: 0, data: 'text' }
      expect(drain(reader)).toEqual([run(7, 0, [1, 2]), text, run(7, 3, [4]), run(8, 0, [5]), run(8, 2, [6])])
    })

    test('that look like the end of a run are numbers', () => {
      const { reader, writer } = makeRing()
      const strange = new Float64Array(new Uint8Array(8).fill(255).buffer)[0] as number
      writeAll(writer, 7, 0, [strange, 1])
      expect(drain(reader)).toEqual([run(7, 0, [NaN, 1])])
    })

    test('fill the ring, leave room for their end, and go around', () => {
      const { reader, writer } = makeRing()
      let next = 0
      let read = 0
      for (let round = 0; round < 5; round++) {
        while (writer.writeNumber(7, next, next)) next += 1
        expect(writer.write(MessageKind.Value, 7, 0, 0, 1)).toBe(false)
        for (const { duration, data } of drain(reader)) {
          const values = data as number[]
          expect([duration, values]).toEqual([read, values.map((_, n) => read + n)])
          read += values.length
        }
        expect(read).toBe(next)
        expect(writer.write(MessageKind.Value, 7, 0, 0, 'between')).toBe(true)
        expect(drain(reader)).toMatchObject([{ data: 'between' }])
      }
      expect(next).toBeGreaterThan((4 * CAPACITY) / 8)
    })
  })
})
