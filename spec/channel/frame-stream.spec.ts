import { FrameStream } from '../../src/channel/frame-stream'

/** A frame of `length` bytes: its length, then `fill`. */
function frame(length: number, fill: number): Buffer {
  const bytes = Buffer.alloc(length, fill)
  bytes.writeUInt32LE(length, 0)
  return bytes
}

const lengthAt = (bytes: Buffer, at: number): number => bytes.readUInt32LE(at)
const copyAt = (bytes: Buffer, at: number): Buffer => Buffer.from(bytes.subarray(at, at + lengthAt(bytes, at)))

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
    const stream = new FrameStream(lengthAt, (bytes, at) => received.push(copyAt(bytes, at)))
    for (const piece of pieces(all, size)) stream.push(piece)
    expect(received).toEqual(frames)
  })

  test('delivers each frame as soon as its last byte has arrived', () => {
    const received: Buffer[] = []
    const stream = new FrameStream(lengthAt, (bytes, at) => received.push(copyAt(bytes, at)))
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
    const stream = new FrameStream(lengthAt, (bytes) => received.push(bytes))
    const [first, second] = [Buffer.concat([frame(9, 1), frame(5, 2)]), frame(7, 3)]
    stream.push(first)
    stream.push(second)
    expect(received).toHaveLength(3)
    expect(received[0]).toBe(first)
    expect(received[1]).toBe(first)
    expect(received[2]).toBe(second)
  })

  test('does not read the length of a long frame again before the frame is complete', () => {
    const received: Buffer[] = []
    const lengths = jest.fn(lengthAt)
    const stream = new FrameStream(lengths, (bytes, at) => received.push(copyAt(bytes, at)))
    const long = frame(1_000, 7)
    for (const piece of pieces(long, 10)) stream.push(piece)
    expect(received).toEqual([long])
    expect(lengths).toHaveBeenCalledTimes(2)
  })

  test.each([1, 6, 9, 50, 1_000])('keeps its order if the receiver pushes more pieces, of %d bytes', (size) => {
    const received: Buffer[] = []
    const waiting = pieces(all, size)
    const stream = new FrameStream(lengthAt, (bytes, at) => {
      received.push(copyAt(bytes, at))
      const next = waiting.shift()
      if (next) stream.push(next)
    })
    for (let next = waiting.shift(); next; next = waiting.shift()) stream.push(next)
    expect(received).toEqual(frames)
  })

  test('is cut to its end by a receiver that pushes more, and only once', () => {
    const received: number[] = []
    const stream = new FrameStream(lengthAt, (bytes, at) => {
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
