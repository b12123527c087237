import type { Area } from '../../src/wire/area'
import { FrameStream, multipartFrame } from '../../src/wire/frame-stream'

/** A frame of `length` bytes: its length, then `fill`. */
function frame(length: number, fill: number): Buffer {
  const bytes = Buffer.alloc(length, fill)
  bytes.writeUInt32LE(length, 0)
  return bytes
}

const lengthAt = (bytes: Buffer, at: number): number => bytes.readUInt32LE(at)
const copyAt = ({ bytes }: Area, at: number): Buffer => Buffer.from(bytes.subarray(at, at + lengthAt(bytes, at)))

function pieces(bytes: Buffer, size: number): Buffer[] {
  const list: Buffer[] = []
  for (let at = 0; at < bytes.byteLength; at += size) list.push(bytes.subarray(at, at + size))
  return list
}

describe('a stream of frames', () => {
  const frames = [frame(4, 0), frame(9, 1), frame(100, 2), frame(4, 0), frame(33, 3), frame(5, 4)]
  const all = Buffer.concat(frames)

  test.each([1, 2, 3, 4, 5, 7, 20, 154, 1_000])('is cut in order from pieces of %d bytes', (size) => {
    const received: Buffer[] = []
    const stream = new FrameStream((source, at) => received.push(copyAt(source, at)))
    for (const piece of pieces(all, size)) stream.push(piece)
    expect(received).toEqual(frames)
  })

  test('delivers each frame as soon as its last byte has arrived', () => {
    const received: Buffer[] = []
    const stream = new FrameStream((source, at) => received.push(copyAt(source, at)))
    const counts = pieces(all, 1).map((piece) => {
      stream.push(piece)
      return received.length
    })
    let end = 0
    frames.forEach((each, index) => {
      end += each.byteLength
      expect(counts[end - 2]).toBe(index)
      expect(counts[end - 1]).toBe(index + 1)
    })
  })

  test('copies nothing if frames and pieces begin and end together', () => {
    const received: Buffer[] = []
    const stream = new FrameStream(({ bytes }) => received.push(bytes))
    const [first, second] = [Buffer.concat([frame(9, 1), frame(5, 2)]), frame(7, 3)]
    stream.push(first)
    stream.push(second)
    expect(received).toHaveLength(3)
    expect(received[0]).toBe(first)
    expect(received[1]).toBe(first)
    expect(received[2]).toBe(second)
  })

  test('does not keep the pieces, which may be overwritten', () => {
    const received: Buffer[] = []
    const stream = new FrameStream((source, at) => received.push(copyAt(source, at)))
    for (const piece of pieces(all, 7)) {
      const reused = Buffer.from(piece)
      stream.push(reused)
      reused.fill(0xee)
    }
    expect(received).toEqual(frames)
  })

  test.each([1, 6, 9, 50, 1_000])('keeps its order if the receiver pushes more pieces, of %d bytes', (size) => {
    const received: Buffer[] = []
    const waiting = pieces(all, size)
    const stream = new FrameStream((source, at) => {
      received.push(copyAt(source, at))
      const next = waiting.shift()
      if (next) stream.push(next)
    })
    for (let next = waiting.shift(); next; next = waiting.shift()) stream.push(next)
    expect(received).toEqual(frames)
  })

  test('is cut to its end by a receiver that pushes more, and only once', () => {
    const received: number[] = []
    const stream = new FrameStream(({ bytes }, at) => {
      const fill = bytes[at + 4] as number
      received.push(fill)
      if (fill === 1) stream.push(Buffer.concat([frame(5, 3), frame(6, 4).subarray(0, 5)]))
    })
    stream.push(Buffer.concat([frame(5, 1), frame(5, 2)]))
    expect(received).toEqual([1, 2, 3])
    stream.push(frame(6, 4).subarray(5))
    expect(received).toEqual([1, 2, 3, 4])
  })
})

describe('a multipart frame', () => {
  const bytes = (length: number, fill: number): Uint8Array => new Uint8Array(length).fill(fill)
  const sent: Array<readonly [Buffer, Uint8Array[]]> = [
    [frame(5, 1), [bytes(50_000, 1)]],
    [frame(300, 2), [bytes(0, 0), bytes(35_000, 2), bytes(3, 3), bytes(0, 0)]],
    [frame(4, 0), [bytes(99_000, 4), bytes(40_000, 5)]],
    [frame(8, 6), []],
  ]
  const textOf = (part: Uint8Array): string => Buffer.from(part).toString('latin1')
  const around = frame(9, 9)
  const all = Buffer.concat(sent.flatMap(([inner, parts]) => [...multipartFrame(inner, parts), around]))
  const expected = sent.flatMap(([inner, parts]) => [
    { frame: inner, parts: parts.map(textOf) },
    { frame: around, parts: undefined },
  ])

  function collector(): { stream: FrameStream; received: unknown[] } {
    const received: unknown[] = []
    const stream = new FrameStream((source, at, parts) =>
      received.push({ frame: copyAt(source, at), parts: parts?.map(textOf) }),
    )
    return { stream, received }
  }

  test.each([7, 100, 65_536, 150_000, 10_000_000])('is cut from pieces of %d bytes', (size) => {
    const { stream, received } = collector()
    for (const piece of pieces(all, size)) {
      const reused = Buffer.from(piece)
      stream.push(reused)
      reused.fill(0xee)
    }
    expect(received).toEqual(expected)
  })

  test.each([1_000, 65_536])('lets its parts be read directly, %d bytes at a time', (size) => {
    const { stream, received } = collector()
    let direct = 0
    for (let at = 0; at < all.byteLength;) {
      const { target } = stream
      const read = Math.min(size, target?.byteLength ?? size, all.byteLength - at)
      if (target) {
        direct += all.copy(target, 0, at, at + read)
        stream.filled(read)
      } else stream.push(all.subarray(at, at + read))
      at += read
    }
    expect(received).toEqual(expected)
    expect(direct).toBeGreaterThan(50_000)
  })

  test('gives each part memory of its own', () => {
    const received: Uint8Array[] = []
    const stream = new FrameStream((_bytes, _at, parts = []) => received.push(...parts))
    stream.push(all)
    expect(received.map((part) => part.buffer.byteLength)).toEqual(sent.flatMap(([, parts]) => parts.map((part) => part.byteLength))) // prettier-ignore
    expect(new Set(received.map((part) => part.buffer)).size).toBe(received.length)
  })

  test('is not delivered before its last byte', () => {
    const { stream, received } = collector()
    const one = Buffer.concat(multipartFrame(frame(5, 1), [bytes(100_000, 1)]))
    stream.push(one.subarray(0, -1))
    expect(received).toEqual([])
    stream.push(one.subarray(-1))
    expect(received).toHaveLength(1)
  })

  test('keeps its order if the receiver pushes more pieces', () => {
    const received: unknown[] = []
    const waiting = pieces(all, 40_000)
    const stream = new FrameStream((source, at, parts) => {
      received.push({ frame: copyAt(source, at), parts: parts?.map(textOf) })
      const next = waiting.shift()
      if (next) stream.push(next)
    })
    for (let next = waiting.shift(); next; next = waiting.shift()) stream.push(next)
    expect(received).toEqual(expected)
  })
})
