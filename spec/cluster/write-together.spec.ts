import { Writable } from 'node:stream'
import { writeTogether } from '../../src/cluster/write-together'

class Sink extends Writable {
  readonly written: string[] = []

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.written.push(chunk.toString())
    done()
  }

  override _writev(chunks: Array<{ chunk: Buffer }>, done: () => void): void {
    this.written.push(chunks.map(({ chunk }) => chunk.toString()).join('+'))
    done()
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('what is written in one turn goes out together, in order', async () => {
  const sink = new Sink()
  writeTogether(sink)
  sink.write('a')
  await Promise.resolve()
  sink.write('b')
  sink.write('c')
  expect(sink.written).toEqual([])
  await turn()
  expect(sink.written).toEqual(['a+b+c'])
  sink.write('d')
  await turn()
  expect(sink.written).toEqual(['a+b+c', 'd'])
})

test('the end of the stream loses nothing', async () => {
  const sink = new Sink()
  writeTogether(sink)
  sink.write('a')
  sink.write('b')
  sink.end('c')
  await turn()
  expect(sink.written.join('+')).toBe('a+b+c')
})

test('callbacks of writes are called, and `write` still tells whether to go on', async () => {
  const sink = new Sink({ highWaterMark: 2 })
  writeTogether(sink)
  const done = jest.fn()
  expect(sink.write('a', done)).toBe(true)
  expect(sink.write('bc', 'utf8', done)).toBe(false)
  await turn()
  expect(done).toHaveBeenCalledTimes(2)
})
