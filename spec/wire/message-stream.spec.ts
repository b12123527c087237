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
    const small = MESSAGES.filter((_message, index) => index !== 4)
    expect(plain(read(Buffer.concat(small.map(bytesOf)), 1))).toEqual(plain(small))
  })
})

describe('the pieces of a message', () => {
  afterEach(() => jest.restoreAllMocks())

  test('are one if the message holds only primitives, else a head and a body', () => {
    expect(writeMessage([0, ...call(1, [1, 'two'])])).toHaveLength(1)
    expect(writeMessage([0, ...call(1, [{}])])).toHaveLength(2)
    expect(writeMessage({ type: 'stop' })).toHaveLength(2)
  })

  test('are the bytes themselves from 32 KiB on, and the batch is not changed', () => {
    const [small, large] = [new Uint8Array(32 * 1024 - 1), new Uint8Array(32 * 1024)]
    const batch: CallBatch = [0, ...call(1, small), ...call(2, large), ...call(3, LARGE, large)]
    const copy = [...batch]
    const pieces = writeMessage(batch)
    expect(pieces).toHaveLength(4)
    expect(pieces[2]).toBe(large)
    expect(pieces[3]).toBe(LARGE)
    expect(batch).toEqual(copy)
    const [head, body] = pieces.map((piece) => Buffer.from(piece)) as [Buffer, Buffer]
    const words = [body.byteLength, 2, large.byteLength, LARGE.byteLength]
    expect(words.map((_, index) => head.readUInt32LE(4 * index))).toEqual(words)
    expect(head).toHaveLength(4 * words.length)
  })

  test('are joined once, when the last one has arrived', () => {
    const bytes = bytesOf([0, ...call(1, LARGE)])
    const concat = jest.spyOn(Buffer, 'concat')
    expect(read(bytes, 1_000)).toHaveLength(1)
    expect(concat.mock.calls.length).toBeLessThanOrEqual(2) // for the head, and for the whole
    concat.mockClear()
    const list: unknown[] = []
    const reader = new MessageReader((message) => list.push(message))
    for (let index = 0; index < 3; index++) reader.push(bytes)
    expect(list).toHaveLength(3)
    expect(concat).not.toHaveBeenCalled()
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
