import { areaOf } from '../../src/wire/area'
import { FrameStream } from '../../src/wire/frame-stream'
import { FRAME_HEADER, frameLength, frameSize, largeFrame, readFrame, writeFrame } from '../../src/wire/frames'
import { MessageKind } from '../../src/wire/messages'

const PAYLOADS: unknown[] = [
  undefined,
  null,
  true,
  false,
  0,
  -0,
  Number.NaN,
  Infinity,
  1.5,
  '',
  'latin1: ünï',
  '漢字 🎈',
  '\u0000\u00ff',
  '\u0100',
  Buffer.of(),
  Buffer.of(1, 2, 255),
]

const frame = (data: unknown, sequence = 7): Buffer => {
  const buffer = Buffer.alloc(frameSize(data) + 3, 0xee)
  const end = writeFrame(areaOf(buffer), 3, MessageKind.Value, sequence, 1.5, 5, data)
  expect(end).toBeLessThanOrEqual(buffer.byteLength)
  return buffer.subarray(3, end)
}

describe('a frame', () => {
  test.each(PAYLOADS)('carries %p', (data) => {
    const bytes = frame(data)
    expect(frameLength(areaOf(bytes), 0)).toBe(bytes.byteLength)
    expect(readFrame(areaOf(bytes), 0)).toStrictEqual({
      kind: MessageKind.Value,
      sequence: 7,
      duration: 1.5,
      flags: 5,
      data,
    })
  })

  test.each([{}, [], 1n, Symbol('s'), () => undefined, new Date(), new Map()])('does not carry %p', (data) => {
    expect(frameSize(data)).toBe(0)
  })

  test('carries the largest sequence, and copies the bytes it was read from', () => {
    const source = frame(Buffer.of(1), 2 ** 31 - 1)
    const message = readFrame(areaOf(source), 0)
    source.fill(0)
    expect(message).toMatchObject({ sequence: 2 ** 31 - 1, data: Buffer.of(1) })
  })

  test('of text takes one byte per character if all are Latin-1, else two', () => {
    expect(frame('a\u00ff')).toHaveLength(FRAME_HEADER + 2)
    expect(frame('a\u0100')).toHaveLength(FRAME_HEADER + 4)
    expect(frameSize('a\u00ff')).toBe(FRAME_HEADER + 4)
  })

  test.each([
    ['bytes', Uint8Array.of(1, 2, 3)],
    ['bytes and large memory', [Uint8Array.of(1), new Uint8Array(100_000).fill(2), Uint8Array.of(3)]],
    ['Latin-1 text', 'ü'.repeat(100_000)],
    ['other text', '漢'.repeat(100_000)],
    ['no text', ''],
  ])('may be written as large: %s', (_name, data) => {
    const sent = { kind: MessageKind.Thrown, sequence: 3, duration: 2.5, flags: 1, data }
    const received: unknown[] = []
    const stream = new FrameStream((source, at, parts) => received.push(readFrame(source, at, parts)))
    for (const piece of largeFrame(sent)) stream.push(Buffer.from(piece))
    expect(received).toEqual([sent])
  })

  test('that is large is written without a copy of its bytes', () => {
    const data = [Uint8Array.of(1), new Uint8Array(100_000)]
    const pieces = largeFrame({ kind: MessageKind.Value, sequence: 1, duration: 0, flags: 0, data })
    expect(pieces.slice(1)).toEqual(data)
    data.forEach((part, index) => expect(pieces[index + 1]).toBe(part))
  })
})

describe('a stream of frames', () => {
  const all = Buffer.concat(PAYLOADS.map((data, index) => frame(data, index)))

  function read(chunks: Buffer[]): unknown[] {
    const list: unknown[] = []
    const stream = new FrameStream((source, at) => list.push(readFrame(source, at).data))
    for (const chunk of chunks) stream.push(Buffer.from(chunk))
    return list
  }

  test.each([1, 2, 3, 5, 16, 17, 1_000])('is cut correctly from pieces of %d bytes', (size) => {
    const chunks: Buffer[] = []
    for (let at = 0; at < all.byteLength; at += size) chunks.push(all.subarray(at, at + size))
    expect(read(chunks)).toStrictEqual(PAYLOADS)
  })

  test('keeps the beginning of a frame until its end arrives', () => {
    expect(read([all.subarray(0, all.byteLength - 1)])).toStrictEqual(PAYLOADS.slice(0, -1))
  })
})
