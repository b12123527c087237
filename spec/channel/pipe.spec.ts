import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { receiveFrom } from '../../src/channel/pipe'
import { scratchFile } from '../support/gate'

describe('receiving from a socket', () => {
  let writer: Socket
  let reader: Socket
  let end: () => Promise<unknown>

  beforeEach(async () => {
    const server = createServer().listen(scratchFile())
    await once(server, 'listening')
    const accepted = once(server, 'connection') as Promise<[Socket]>
    writer = connect(server.address() as string)
    ;[reader] = await accepted
    end = () => once(server.close(), 'close')
  })
  afterEach(async () => {
    writer.destroy()
    reader.destroy()
    await end()
  })

  it('gives each byte once, in order, and the stream then ends and closes', async () => {
    const received: Buffer[] = []
    const ended: string[] = []
    receiveFrom(reader, (bytes) => received.push(Buffer.from(bytes)))
    for (const event of ['end', 'close']) reader.on(event, () => ended.push(event))
    const sent = randomBytes(3_000_000)
    writer.end(sent)
    await once(reader, 'close')
    expect(Buffer.concat(received).equals(sent)).toBe(true)
    expect(ended).toEqual(['end', 'close'])
    expect(reader.readableLength).toBe(0)
  })

  it('works as well if the stream passes the bytes through its buffer', async () => {
    const received: Buffer[] = []
    receiveFrom(reader, (bytes) => received.push(bytes))
    Readable.prototype.push.call(reader, Buffer.from('one'))
    await new Promise((resolve) => setImmediate(resolve))
    expect(received.join()).toBe('one')
  })
})
