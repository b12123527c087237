import { FrameStream } from '../../src/channel/frame-stream'
import { FRAME_HEADER, frameLength, frameSize, readFrame, writeBytesHeader, writeFrame } from '../../src/wire/frames'
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
  const end = writeFrame(buffer, 3, MessageKind.Value, sequence, 1.5, 5, data)
  expect(end).toBeLessThanOrEqual(buffer.byteLength)
  return buffer.subarray(3, end)
}

describe('a frame', () => {
  test.each(PAYLOADS)('carries %p', (data) => {
    const bytes = frame(data)
    expect(frameLength(bytes, 0)).toBe(bytes.byteLength)
    expect(readFrame(bytes, 0)).toStrictEqual({ kind: MessageKind.Value, sequence: 7, duration: 1.5, flags: 5, data })
  })

  test.each([{}, [], 1n, Symbol('s'), () => undefined, new Date(), new Map()])('does not carry %p', (data) => {
    expect(frameSize(data)).toBe(0)
  })

  test('carries the largest sequence, and copies the bytes it was read from', () => {
    const source = frame(Buffer.of(1), 2 ** 31 - 1)
    const message = readFrame(source, 0)
    source.fill(0)
    expect(message).toMatchObject({ sequence: 2 ** 31 - 1, data: Buffer.of(1) })
  })

  test('of text takes one byte per character if all are Latin-1, else two', () => {
    expect(frame('a\u00ff')).toHaveLength(FRAME_HEADER + 2)
    expect(frame('a\u0100')).toHaveLength(FRAME_HEADER + 4)
    expect(frameSize('a\u00ff')).toBe(FRAME_HEADER + 4)
  })

  test('of bytes can be written in two pieces', () => {
    const head = Buffer.alloc(FRAME_HEADER)
    const bytes = Buffer.from('payload')
    writeBytesHeader(head, MessageKind.Thrown, 3, 2.5, 1, bytes.byteLength)
    expect(readFrame(Buffer.concat([head, bytes]), 0)).toEqual({
      kind: MessageKind.Thrown,
      sequence: 3,
      duration: 2.5,
      flags: 1,
      data: bytes,
    })
  })
})

describe('a stream of frames', () => {
  const all = Buffer.concat(PAYLOADS.map((data, index) => frame(data, index)))

  function read(chunks: Buffer[]): unknown[] {
    const list: unknown[] = []
    const stream = new FrameStream(frameLength, (bytes, at) => list.push(readFrame(bytes, at).data))
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
