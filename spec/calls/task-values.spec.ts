/** Tasks can be sent as values: by the name under which workers find them. */
import { ProcessPool, Queue, type SerializationError, task, ThreadPool } from 'pebble-ts'
import * as jobs from '../fixtures/boxes'
import { putAll } from '../fixtures/queues'
import { forEachKind } from '../support/setup'
import { failure, settled } from '../support/until'

forEachKind('a task', (kind) => {
  let pool: ThreadPool

  beforeAll(() => {
    pool = new (kind === 'thread' ? ThreadPool : ProcessPool)({ maxWorkers: 1 }) as ThreadPool
  })
  afterAll(async () => {
    pool.close()
    await pool.join()
  })

  it('can be called in the worker, and scheduled when it comes back', async () => {
    await expect(settled(pool.schedule(jobs.apply, { args: [jobs.addOne, 1] }))).resolves.toBe(2)
    const [fn, args] = (await settled(pool.schedule(jobs.produce, { args: [5] }))) as [typeof jobs.addOne, [number]]
    expect(typeof fn).toBe('function')
    await expect(settled(pool.schedule(fn, { args }))).resolves.toBe(6)
  })

  it('can be a wrapped function or a static method', async () => {
    const both = await settled(pool.schedule(jobs.options, { args: [jobs.wrapped, jobs.Service.inThread] }))
    const [wrapped, inThread] = both as [(n: number) => number, (n: number) => Promise<string>]
    await expect(settled(pool.schedule(wrapped, { args: [4] }))).resolves.toBe(8)
    await expect(settled(pool.schedule(inThread, { args: [4] }))).resolves.toBe('4 true')
  })

  it('is found in the worker although its module was not loaded yet', async () => {
    await using fresh = new (kind === 'thread' ? ThreadPool : ProcessPool)({ maxWorkers: 1 }) as ThreadPool
    const queue = new Queue<unknown>()
    await settled(fresh.schedule(putAll, { args: [queue, [jobs.addOne]] }))
    await expect(settled(fresh.schedule(queue.getNowait() as typeof jobs.addOne, { args: [1] }))).resolves.toBe(2)
  })

  it('is refused if no worker could find it', async () => {
    const local = task(() => 1)
    const error = await failure<SerializationError>(pool.schedule(jobs.options, { args: [{ local }] }))
    expect(error.message).toBe(
      'Cannot send `args[0].local` of `(anonymous)` of boxes.ts to a worker: a function cannot be cloned. Send data instead; the worker can import the functions it needs.',
    )
  })
})
