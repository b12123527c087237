import { FrameStream } from '../../src/wire/frame-stream'
import { readMessage, writeMessage } from '../../src/wire/message-stream'
import { callFlags, type CallBatch } from '../../src/wire/call-batch'
import type { ParentMessage } from '../../src/wire/messages'
import { BYTES, PLAIN } from '../../src/wire/packed'

const isBytes = (data: unknown): boolean => [data].flat().some((part) => part instanceof Uint8Array)
const flagsOf = (data: unknown): number => (isBytes(data) ? BYTES : PLAIN)
const call = (sequence: number, args: unknown, self?: unknown): unknown[] => [
  sequence,
  10 + sequence,
  0,
  callFlags(flagsOf(self), flagsOf(args)),
  self,
  args,
  undefined,
]
const LARGE = new Uint8Array(100_000).map((_, index) => index)

const MESSAGES: ParentMessage[] = [
  { type: 'pull', sequence: 3, count: 8 },
  [0, ...call(1, [1, 'two', null, undefined, true])],
  [0, ...call(1, []), ...call(2, [1.5]), ...call(3, ['text ünï 漢'])],
  [0, ...call(1, [{ nested: [1, { date: new Date(5) }] }], { field: 1 })],
  [0, ...call(1, LARGE), ...call(2, [1]), ...call(3, LARGE.slice(0, 70_000))],
  [0, ...call(1, [Uint8Array.of(1), LARGE, Uint8Array.of(2)], LARGE), ...call(2, LARGE.slice(0, 10))],
  [0, ...call(1, ['x'.repeat(100_000)]), ...call(2, LARGE)],
  [
    [{ index: 0, key: { className: 'Foo' }, cls: null, label: '`m` of foo.ts' }],
    ...call(1, [1]),
  ] as unknown as CallBatch,
  [0, ...call(1, [2n ** 65n, -0, Number.NaN, 2 ** 31, -(2 ** 31)])],
  { type: 'stop' },
]

const bytesOf = (message: ParentMessage): Buffer =>
  Buffer.concat(writeMessage(message).map((piece) => Buffer.from(piece)))

function read(bytes: Buffer, size: number): unknown[] {
  const list: unknown[] = []
  const stream = new FrameStream((source, at, parts) => list.push(readMessage(source, at, parts)))
  for (let at = 0; at < bytes.byteLength; at += size) {
    const chunk = Buffer.from(bytes.subarray(at, at + size))
    stream.push(chunk)
    chunk.fill(0xee) // the socket reuses it
  }
  return list
}

describe('a stream of parent messages', () => {
  const all = Buffer.concat(MESSAGES.map(bytesOf))

  test.each(MESSAGES.map((message, index) => [index, message] as const))('carries message %d', (_index, message) => {
    expect(plain(read(bytesOf(message), 65_536))).toEqual(plain([message]))
  })

  test.each([7, 100, 1_000, 65_536, 10_000_000])('is cut correctly from pieces of %d bytes', (size) => {
    expect(plain(read(all, size))).toEqual(plain(MESSAGES))
  })

  test('is cut correctly from single bytes', () => {
    const small = MESSAGES.filter((message) => bytesOf(message).byteLength < 1_000)
    expect(plain(read(Buffer.concat(small.map(bytesOf)), 1))).toEqual(plain(small))
  })
})

describe('the pieces of a message', () => {
  test('are one if the message holds only primitives, else a head and a body', () => {
    expect(writeMessage([0, ...call(1, [1, 'two'])])).toHaveLength(1)
    expect(writeMessage([0, ...call(1, [{}])])).toHaveLength(2)
    expect(writeMessage({ type: 'stop' })).toHaveLength(2)
  })

  test('are the bytes themselves from 64 KiB on, and the batch is not changed', () => {
    const [small, large] = [new Uint8Array(64 * 1024 - 1), new Uint8Array(64 * 1024)]
    const batch: CallBatch = [0, ...call(1, small), ...call(2, large), ...call(3, LARGE, large)]
    const copy = [...batch]
    const pieces = writeMessage(batch)
    expect(pieces).toHaveLength(5)
    expect(pieces[2]).toBe(large)
    expect(pieces[3]).toBe(large)
    expect(pieces[4]).toBe(LARGE)
    expect(batch).toEqual(copy)
  })

  test('may be overwritten after they were read', () => {
    const bytes = bytesOf([0, ...call(1, LARGE), ...call(2, [{ inner: Uint8Array.of(1, 2, 3) }])])
    const [batch] = read(bytes, bytes.byteLength) as [CallBatch]
    expect(Buffer.from(batch[6] as Uint8Array)).toEqual(Buffer.from(LARGE))
    expect(batch[13]).toMatchObject([{ inner: Uint8Array.of(1, 2, 3) }])
  })
})

/** V8 returns Buffers for attached Uint8Arrays, so bytes are compared as text. */
function plain(messages: readonly unknown[]): unknown {
  return messages.map((message) =>
    Array.isArray(message)
      ? message.map((field: unknown) => (field instanceof Uint8Array ? Buffer.from(field).toString('base64') : field))
      : message,
  )
}
