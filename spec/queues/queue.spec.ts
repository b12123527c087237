import { Queue, QueueEmpty, QueueFull } from 'pebble-ts'
import { failure, settled } from '../support/until'

describe('a queue', () => {
  it('returns the items in the order in which they were put', async () => {
    const queue = new Queue<number>()
    for (let i = 0; i < 1_000; i++) await queue.put(i)
    expect(queue.size).toBe(1_000)
    for (let i = 0; i < 500; i++) expect(queue.getNowait()).toBe(i)
    queue.putNowait(1_000)
    for (let i = 500; i <= 1_000; i++) await expect(queue.get()).resolves.toBe(i)
    expect(queue.empty).toBe(true)
  })

  it('holds anything, undefined as well', async () => {
    const queue = new Queue()
    const fn = (): void => undefined
    for (const item of [undefined, null, fn, NaN]) queue.putNowait(item)
    expect([await queue.get(), await queue.get(), await queue.get(), await queue.get()]).toEqual([
      undefined,
      null,
      fn,
      NaN,
    ])
  })

  it('serves waits for items first come, first served', async () => {
    const queue = new Queue<string>()
    const got: string[] = []
    const waits = ['first', 'second', 'third'].map(async (name) => got.push(`${name} ${await queue.get()}`))
    for (const item of ['a', 'b', 'c']) queue.putNowait(item)
    expect(queue.size).toBe(0)
    await settled(Promise.all(waits))
    expect(got).toEqual(['first a', 'second b', 'third c'])
  })

  it('serves waits for room first come, first served', async () => {
    const queue = new Queue<number>(2)
    const log: string[] = []
    const puts = [0, 1, 2, 3, 4].map(async (item) => {
      await queue.put(item)
      log.push(`put ${item}`)
    })
    await settled(Promise.all(puts.slice(0, 2)))
    expect(queue.full).toBe(true)
    expect(log).toEqual(['put 0', 'put 1'])
    expect(queue.getNowait()).toBe(0)
    await settled(puts[2] as Promise<void>)
    expect(log).toEqual(['put 0', 'put 1', 'put 2'])
    expect([queue.getNowait(), queue.getNowait(), queue.getNowait(), queue.getNowait()]).toEqual([1, 2, 3, 4])
    await settled(Promise.all(puts))
    expect(queue.empty).toBe(true)
  })

  it('has no limit if maxSize is 0, Infinity or not given', () => {
    for (const queue of [new Queue(), new Queue(0), new Queue(Infinity)]) {
      for (let i = 0; i < 100; i++) queue.putNowait(i)
      expect(queue.full).toBe(false)
    }
  })

  it('throws at once if there is no item, or no room, and the caller does not wait', () => {
    const queue = new Queue<number>(1)
    expect(() => queue.getNowait()).toThrow(
      new QueueEmpty('There is no item in the queue. Wait for one by `await queue.get()`.'),
    )
    queue.putNowait(1)
    expect(() => queue.putNowait(2)).toThrow(
      new QueueFull('There is no room in the queue (maxSize: 1). Wait for some by `await queue.put(item)`.'),
    )
    expect([new QueueEmpty('').code, new QueueFull('').code, new QueueFull('').name]).toEqual([
      'ERR_PEBBLE_QUEUE_EMPTY',
      'ERR_PEBBLE_QUEUE_FULL',
      'QueueFull',
    ])
  })

  it('tells its size, whether it is empty, and whether it is full', async () => {
    const queue = new Queue<number>(3)
    expect([queue.size, queue.empty, queue.full, queue.maxSize, await queue.count()]).toEqual([0, true, false, 3, 0])
    for (const item of [1, 2, 3]) queue.putNowait(item)
    expect([queue.size, queue.empty, queue.full, await queue.count()]).toEqual([3, false, true, 3])
  })

  it('is joined when as many items are done as were put, more than once', async () => {
    const queue = new Queue<number>()
    await settled(queue.join())
    let joined = 0
    for (let round = 1; round <= 2; round++) {
      queue.putNowait(1)
      queue.putNowait(2)
      const waits = [queue.join(), queue.join()].map((wait) => wait.then(() => (joined += 1)))
      await queue.get()
      queue.taskDone()
      queue.putNowait(3)
      await queue.get()
      await queue.get()
      queue.taskDone()
      expect(joined).toBe((round - 1) * 2)
      queue.taskDone()
      await settled(Promise.all(waits))
      expect(joined).toBe(round * 2)
    }
    expect(() => queue.taskDone()).toThrow(
      new RangeError('taskDone() was called more often than items were put into the queue.'),
    )
  })

  it('does not count an item that waits for room', async () => {
    const queue = new Queue<number>(1)
    queue.putNowait(1)
    const second = queue.put(2)
    queue.taskDone()
    await settled(queue.join())
    queue.getNowait()
    await second
    expect(queue.size).toBe(1)
    queue.taskDone()
    await settled(queue.join())
  })
})

describe('a queue refuses', () => {
  it.each([
    ['5', TypeError, '`"5"` (string)'],
    [null, TypeError, '`null` (null)'],
    [-1, RangeError, '`-1` (number)'],
    [1.5, RangeError, '`1.5` (number)'],
    [NaN, RangeError, '`NaN` (number)'],
  ])('maxSize %p', (maxSize, Kind, shown) => {
    expect(() => new Queue(maxSize as number)).toThrow(
      new Kind(`Expected \`maxSize\` to be an integer, at least 0 or Infinity, got ${shown}`),
    )
  })

  it.each([
    [{ timeout: '5' }, TypeError, 'Expected `timeout` to be a number, at least 0, got `"5"` (string)'],
    [{ timeout: -1 }, RangeError, 'Expected `timeout` to be a number, at least 0, got `-1` (number)'],
    [{ signal: {} }, TypeError, 'Expected `signal` to be an AbortSignal, got `{}` (object)'],
    [{ tiemout: 5 }, TypeError, 'Unknown option `tiemout`; did you mean `timeout`?'],
    [5, TypeError, 'Expected the options of get() to be an object, got `5` (number)'],
  ])('limits %p', async (limits, Kind, message) => {
    const queue = new Queue<number>(1)
    const error = await failure(queue.get(limits as never))
    expect(error).toEqual(new Kind(message))
    expect(error).toBeInstanceOf(Kind)
    expect((await failure(queue.put(1, limits as never))).message).toBe(message.replace('get()', 'put()'))
    expect((await failure(queue.join(limits as never))).message).toBe(message.replace('get()', 'join()'))
    expect(queue.size).toBe(0)
  })
})
