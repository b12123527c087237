import { SerializationError, TimeoutError } from 'pebble-ts'
import { streams } from '../fixtures/streams'
import { Gate, lines, scratchFile } from '../support/gate'
import { forEachKind } from '../support/setup'
import { ownError } from '../support/solo'
import { failure, settled, until } from '../support/until'

/** How many values a body may be ahead of its consumer. */
const AHEAD = 8

function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const value of values) list.push(value)
  return list
}

forEachKind('an async generator', (kind) => {
  const Streams = streams[kind]
  const job = new Streams()

  test('gives its values in order and has its `this`', async () => {
    expect(await settled(all(job.count(100)))).toEqual(Array.from({ length: 100 }, (_, index) => `n${index + 1}`))
    expect(await settled(all(Streams.letters()))).toEqual(['a', 'b'])
    expect(await settled(all(job.count(0)))).toEqual([])
  })

  test('gives objects and bytes in order', async () => {
    const list = await settled(all(job.objects(50)))
    expect(list.map(({ n }) => n)).toEqual(Array.from({ length: 50 }, (_, index) => index))
    expect(list[49]?.bytes).toEqual(new Uint8Array(1_000).fill(49))
  })

  test('ends with the value that it returns', async () => {
    const values = job.count(1)
    expect(await settled(values.next())).toEqual({ done: false, value: 'n1' })
    expect(await settled(values.next())).toEqual({ done: true, value: 'all' })
    expect(await settled(values.next())).toEqual({ done: true, value: undefined })
  })

  test('starts with the first next()', async () => {
    const log = scratchFile()
    const values = job.count(3, log)
    await settled(all(job.count(3)))
    expect(lines(log)).toEqual([])
    await settled(values.next())
    expect(lines(log)[0]).toBe('started')
    await settled(values.return(''))
  })

  test('never runs far ahead of its consumer', async () => {
    const log = scratchFile()
    const values = job.count(1_000, log)
    for (let taken = 1; taken <= 30; taken++) {
      await settled(values.next())
      expect(lines(log).length - 1).toBeLessThanOrEqual(taken + AHEAD)
    }
    await settled(values.return(''))
  })

  test('counts its `timeout` while the body works, not while the reader does', async () => {
    let read = 0
    for await (const bytes of job.limited(20, 10)) {
      read += bytes.length / 10
      await new Promise((resolve) => setTimeout(resolve, 60))
    }
    expect(read).toBe(20)
  })

  test('does not time out because its reader blocks the event loop while large values wait', async () => {
    let read = 0
    for await (const bytes of job.limited(10, 1_000_000)) {
      read += bytes.length / 1_000_000
      block(120)
    }
    expect(read).toBe(10)
  })

  test('is stopped at its `timeout` between two values, even if it has waited for its reader before', async () => {
    const values = job.limitedLoop(AHEAD + 4)
    await settled(values.next())
    await new Promise((resolve) => setTimeout(resolve, 600))
    const error = await failure(all(values))
    expect(error).toBeInstanceOf(TimeoutError)
  })

  test('is stopped at its `timeout` even if the event loop was blocked', async () => {
    const values = job.limitedLoop(1)
    await settled(values.next())
    const next = values.next()
    block(700)
    expect(await failure(next)).toBeInstanceOf(TimeoutError)
  })

  test('answers several concurrent calls of next() in order', async () => {
    const values = job.count(20)
    const answers = await settled(Promise.all(Array.from({ length: 22 }, () => values.next())))
    expect(answers.map(({ value }) => value)).toEqual([
      ...Array.from({ length: 20 }, (_, index) => `n${index + 1}`),
      'all',
      undefined,
    ])
  })

  test('returns when its consumer leaves the loop, and runs its `finally`', async () => {
    const log = scratchFile()
    for await (const value of job.count(1_000_000, log)) if (value === 'n5') break
    await until(() => lines(log).includes('finally'), 'the body to return')
    expect(lines(log).length).toBeLessThan(30)
    expect(await settled(all(job.count(2)))).toEqual(['n1', 'n2'])
  })

  test('is stopped if it does not return', async () => {
    const gate = new Gate()
    for await (const value of job.stuck(gate.path)) {
      expect(value).toBe(1)
      await gate.whenArrived()
      break
    }
    expect(gate.arrived).toBe(1)
  })

  test('reports its error after the values before it', async () => {
    const list: number[] = []
    const error = await failure(
      (async () => {
        for await (const value of job.failing(20)) list.push(value)
      })(),
    )
    expect(error).toBeInstanceOf(RangeError)
    expect(error.message).toBe('no more')
    expect(list).toHaveLength(20)
  })

  test('fails with the path of a value that cannot be sent', async () => {
    const values = job.uncloneable()
    expect(await settled(values.next())).toEqual({ done: false, value: 1 })
    const error = await failure<SerializationError>(values.next())
    expect(error).toBeInstanceOf(SerializationError)
    expect(error.path).toBe('yielded.fn')
  })

  test('ends if it cannot start, even if its arguments become valid later', async () => {
    const parcel: { fn?: () => void } = { fn: () => undefined }
    const values = job.count(1, parcel as unknown as string)
    expect(await failure(values.next())).toBeInstanceOf(SerializationError)
    delete parcel.fn
    expect(await settled(values.next())).toEqual({ done: true, value: undefined })
  })

  test('fails if its worker dies', async () => {
    const values = job.dying()
    const first = values.next()
    const second = failure(values.next())
    const outcome = await settled(Promise.allSettled([first]))
    if (outcome[0]?.status === 'fulfilled') expect(outcome[0].value).toEqual({ done: false, value: 1 })
    expect(await second).toMatchObject({ name: ownError(kind), exitCode: 7 })
  })
})
