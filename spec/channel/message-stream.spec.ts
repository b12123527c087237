import { MessageReader, writeMessage } from '../../src/wire/message-stream'
import type { CallBatch, ParentMessage } from '../../src/wire/messages'

const call = (sequence: number, args: unknown, self?: unknown): unknown[] => [
  sequence,
  10 + sequence,
  0,
  0,
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
  [0, ...call(1, LARGE), ...call(2, [1]), ...call(3, LARGE.slice(0, 50_000))],
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
  const reader = new MessageReader((message) => list.push(message))
  for (let at = 0; at < bytes.byteLength; at += size) {
    const chunk = Buffer.from(bytes.subarray(at, at + size))
    reader.push(chunk)
    chunk.fill(0xee) // the socket uses it again
  }
  return list
}

describe('a stream of parent messages', () => {
  const all = Buffer.concat(MESSAGES.map(bytesOf))

  test.each(MESSAGES.map((message, index) => [index, message] as const))('carries message %d', (_index, message) => {
    expect(plain(read(bytesOf(message), 65_536))).toEqual(plain([message]))
  })

  test.each([7, 100, 1_000, 65_536, 10_000_000])('is cut right wherever it is torn: pieces of %d bytes', (size) => {
    expect(plain(read(all, size))).toEqual(plain(MESSAGES))
  })

  test('is cut right byte by byte', () => {
    const small = MESSAGES.filter((_message, index) => index !== 4)
    expect(plain(read(Buffer.concat(small.map(bytesOf)), 1))).toEqual(plain(small))
  })
})

/** V8 gives Buffers where Uint8Arrays were attached: here bytes are bytes. */
function plain(messages: readonly unknown[]): unknown {
  return messages.map((message) =>
    Array.isArray(message)
      ? message.map((field: unknown) => (field instanceof Uint8Array ? Buffer.from(field).toString('base64') : field))
      : message,
  )
}
