/** Queues in workers: the items are in the program's own thread. */
import { Socket } from 'node:net'
import { CancelledError, ProcessPool, Queue, SerializationError, ThreadPool, TimeoutError } from 'pebble-ts'
import { DummyQueue } from 'pebble-ts/workers'
import * as jobs from '../fixtures/queues'
import { openOne } from '../fixtures/parcels'
import { forEachKind } from '../support/setup'
import { failure, settled, until } from '../support/until'

forEachKind('a queue in workers', (kind) => {
  let pool: ThreadPool
  let queue: Queue<any>
  let arrivals: Queue<number>

  const schedule = <F extends (...args: any[]) => unknown>(fn: F, ...args: unknown[]) =>
    pool.schedule(fn, { args: args as Parameters<F> })
  const waiting = (of: Queue<any> = queue): number => (of as any).source.waiting

  beforeAll(() => {
    const Pool = kind === 'thread' ? ThreadPool : ProcessPool
    pool = new Pool({ maxWorkers: 2 }) as ThreadPool
  })
  afterAll(async () => {
    pool.close()
    await pool.join()
  })
  beforeEach(() => {
    queue = new Queue()
    arrivals = new Queue()
  })

  it('carries items both ways, in order', async () => {
    const items = Array.from({ length: 200 }, (_each, index) => index)
    const taken = schedule(jobs.takeAll, queue, 200)
    for (const item of items) await queue.put(item)
    await expect(settled(taken)).resolves.toEqual(items)
    await expect(settled(schedule(jobs.putAll, queue, items))).resolves.toBe(200)
    for (const item of items) expect(queue.getNowait()).toBe(item)
  })

  it('carries items from worker to worker', async () => {
    const taken = schedule(jobs.takeAll, queue, 50)
    const items = Array.from({ length: 50 }, (_each, index) => ({ index, text: 'x'.repeat(index) }))
    await settled(schedule(jobs.putAll, queue, items))
    await expect(settled(taken)).resolves.toEqual(items)
  })

  it('makes put() wait while it is full', async () => {
    queue = new Queue<number>(2)
    const put = schedule(jobs.putAll, queue, [1, 2, 3, 4, 5])
    await until(() => waiting() === 1, 'the worker to wait for room')
    expect(queue.size).toBe(2)
    for (const item of [1, 2, 3, 4, 5]) await expect(settled(queue.get())).resolves.toBe(item)
    await settled(put)
  })

  it('can be joined here and in the worker', async () => {
    for (const item of [1, 2, 3]) queue.putNowait(item)
    const joins = [queue.join(), schedule(jobs.joinIt, queue, arrivals)]
    await settled(arrivals.get())
    await settled(schedule(jobs.takeAll, queue, 3, true))
    await settled(Promise.all(joins))
  })

  it('may be in a field of `this`', async () => {
    const holder = new jobs.Holder()
    await settled(kind === 'thread' ? holder.inThread() : holder.inProcess())
    expect(holder.queue.getNowait()).toBe(kind === 'thread' ? 1 : 2)
  })

  it('is one object in the worker, however it arrives, and the same object when it comes back', async () => {
    queue.putNowait(queue)
    await expect(settled(schedule(jobs.isSame, queue, { queue }))).resolves.toBe(true)
    await settled(schedule(jobs.putAll, queue, [queue]))
    expect(queue.getNowait()).toBe(queue)
  })

  it('keeps the class of a @serializable item, even if the worker has not loaded the class', async () => {
    queue.putNowait(new jobs.Parcel('a book'))
    await expect(settled(schedule(openOne, queue))).resolves.toBe('a book')
  })

  it('tells the last known size at once, and the exact size by count()', async () => {
    queue = new Queue<number>(3)
    queue.putNowait(1)
    const seen = { before: 1, count: 1, after: 1, empty: false, full: false, maxSize: 3 }
    await expect(settled(schedule(jobs.look, queue))).resolves.toEqual(seen)
    const watched = schedule(jobs.watchSize, queue, arrivals)
    await settled(arrivals.get())
    queue.putNowait(2)
    await expect(settled(watched)).resolves.toBe(2)
  })

  it('refuses getNowait() and putNowait(), and names the alternative', async () => {
    const text = (method: string, instead: string): string =>
      `PebbleError: queue.${method} cannot work in a worker: the items are in the program's own thread. Use \`await queue.${instead}\`.`
    await expect(settled(schedule(jobs.nowait, queue))).resolves.toEqual([
      text('getNowait()', 'get({ timeout: 0 })'),
      text('putNowait()', 'put(item, { timeout: 0 })'),
    ])
  })

  it('fails the running call if taskDone() is called too often', async () => {
    const error = await failure(schedule(jobs.doneTooOften, queue))
    expect(error).toBeInstanceOf(RangeError)
    expect(error.message).toBe('taskDone() was called more often than items were put into the queue.')
  })

  describe('names the value that cannot be sent', () => {
    it('to the queue', async () => {
      const error = await failure<SerializationError>(schedule(jobs.putSocket, queue))
      expect(error).toBeInstanceOf(SerializationError)
      expect(error.path).toBe('item.socket')
      expect(error.message).toMatch(/^Cannot send `item\.socket` from a worker: a Socket cannot be cloned\./)
      expect(queue.size).toBe(0)
    })

    it('to the worker, and keeps the item', async () => {
      queue.putNowait({ socket: new Socket() })
      const error = await failure<SerializationError>(schedule(jobs.takeAll, queue, 1))
      expect(error).toBeInstanceOf(SerializationError)
      expect(error.message).toMatch(/^Cannot send `item\.socket` to a worker: a Socket cannot be cloned\./)
      await until(() => queue.size === 1, 'the item to be back')
    })
  })

  describe.each([
    ['get()', jobs.takeOne, [] as unknown[], 'There was no item in the queue'],
    ['put()', jobs.putOne, ['late'], 'There was no room in the queue'],
    ['join()', jobs.joinIt, [], 'The items of the queue were not done'],
  ] as const)('%s', (name, fn, args, missing) => {
    beforeEach(() => {
      queue = new Queue<any>(1)
      if (name !== 'get()') queue.putNowait('first')
    })
    const run = (limits?: object) => schedule(fn as any, queue, arrivals, ...args, limits)
    const size = name === 'get()' ? 0 : 1

    it('ends at its timeout, and leaves nothing behind', async () => {
      const error = await failure<TimeoutError>(run({ timeout: 30 }))
      expect(error).toBeInstanceOf(TimeoutError)
      expect(error.message).toBe(`${missing} within 30 ms (limit \`timeout: 30\`).`)
      await until(() => waiting() === 0, 'the wait to be over')
      expect(queue.size).toBe(size)
    })

    it('does not wait with `timeout: 0`', async () => {
      const error = await failure<TimeoutError>(run({ timeout: 0 }))
      expect(error.message).toBe(`${missing} (limit \`timeout: 0\`).`)
      expect(waiting()).toBe(0)
    })

    it('does not begin if its signal has aborted', async () => {
      const error = await failure(schedule(jobs.abortBefore, name.slice(0, -2), queue))
      expect(error).toBeInstanceOf(CancelledError)
      expect(error.message).toBe(`${name} was cancelled by its signal.`)
      expect(waiting()).toBe(0)
    })

    it('ends when its signal aborts', async () => {
      const call = schedule(jobs.abortDuring, name.slice(0, -2), queue, arrivals)
      const outcome = failure(call)
      await until(() => waiting() === 1, 'the worker to wait')
      arrivals.putNowait(1)
      const error = await outcome
      expect(error).toBeInstanceOf(CancelledError)
      expect(error.message).toBe(`${name} was cancelled by its signal.`)
      await until(() => waiting() === 0, 'the wait to be over')
      expect(queue.size).toBe(size)
    })

    it('ends with its worker', async () => {
      const call = run()
      await until(() => waiting() === 1, 'the worker to wait')
      call.cancel()
      await failure(call)
      await until(() => waiting() === 0, 'the wait to be over')
      expect(queue.size).toBe(size)
    })
  })

  it('can be waited for by waitForQueues() in a worker', async () => {
    const queues = [new Queue<number>(), new Queue<number>()]
    const found = schedule(jobs.waitForIt, queues, arrivals)
    await settled(arrivals.get())
    queues[1]?.putNowait(1)
    await expect(settled(found)).resolves.toEqual([1])
    await until(() => queues.every((each) => waiting(each) === 0), 'the waits to be over')
    await expect(settled(schedule(jobs.waitForIt, [new Queue()], arrivals, 20))).resolves.toEqual([])
  })

  it('loses no item to a worker that dies before the item has arrived', async () => {
    const got = new Queue<number>()
    let taken = 0
    for (let round = 0; round < 6; round++) {
      const call = schedule(jobs.takeOn, queue, got)
      const ended = failure(call)
      for (let i = 0; i < 20; i++) queue.putNowait(round * 20 + i)
      await until(() => got.size > taken, 'the worker to take something')
      call.cancel() // in the middle of it
      await ended
      taken = got.size
    }
    // At most one item of each round is gone: the one that was taken, and not yet put into `got`.
    await until(() => waiting() === 0, 'the waits to be over')
    const rest = Array.from({ length: queue.size }, () => queue.getNowait() as number)
    const told = Array.from({ length: got.size }, () => got.getNowait())
    expect([...told, ...rest].length).toBeGreaterThanOrEqual(114)
    expect(new Set([...told, ...rest]).size).toBe(told.length + rest.length)
    expect(rest).toEqual([...rest].sort((a, b) => a - b))
  })

  it('moves to this thread if it was made in a worker', async () => {
    const made = await settled(schedule(jobs.makeQueue, [1, 2, 3], 4))
    expect([made.maxSize, made instanceof Queue]).toEqual([4, true])
    for (const item of [1, 2, 3]) await expect(settled(made.get())).resolves.toBe(item)
  })

  it('takes its waits along when it moves', async () => {
    const item = schedule(jobs.makeAndWait, queue)
    const made = (await settled(queue.get())) as Queue<string>
    await made.put('from home')
    await expect(settled(item)).resolves.toBe('from home')
  })

  it('is the same queue in workers of workers', async () => {
    await expect(settled(schedule(jobs.nested, queue, [1, 2]))).resolves.toBe(2)
    expect([queue.getNowait(), queue.getNowait()]).toEqual([1, 2])
    await expect(settled(schedule(jobs.nestedOwn))).resolves.toEqual([1, 2, 3])
  })

  it('may be a DummyQueue, whose callback runs in this thread', async () => {
    const seen: unknown[] = []
    queue = new DummyQueue<any>((item) => {
      if (item === 'bad') throw new RangeError('refused')
      seen.push(item)
    })
    await settled(schedule(jobs.putAll, queue, [1, 2]))
    await expect(failure(schedule(jobs.putAll, queue, ['bad']))).resolves.toEqual(new RangeError('refused'))
    expect([seen, queue.size]).toEqual([[1, 2], 0])
  })
})
