/** The counterparts of Pebble's TestWaitForQueues (single, multiple, timeout), and what this adds to them. */
import { Queue, ThreadPool, waitForQueues } from 'pebble-ts'
import { putAll } from '../fixtures/queues'
import '../support/setup'
import { failure, settled } from '../support/until'

describe('waitForQueues()', () => {
  const three = (): Array<Queue<number>> => [new Queue<number>(), new Queue<number>(), new Queue<number>()]

  it('returns the queue that an item is put into', async () => {
    const queues = three()
    const wait = waitForQueues(queues)
    await queues[2]?.put(1)
    await expect(settled(wait)).resolves.toEqual([queues[2]])
    expect(queues[2]?.size).toBe(1)
  })

  it('returns all queues that hold items, in the order given, without waiting', async () => {
    const queues = three()
    for (const queue of queues) queue.putNowait(1)
    await expect(settled(waitForQueues(queues))).resolves.toEqual(queues)
  })

  it('returns none after the timeout, and none if none is given', async () => {
    await expect(settled(waitForQueues(three(), 20))).resolves.toEqual([])
    await expect(settled(waitForQueues([]))).resolves.toEqual([])
  })

  it('sees an item that a worker puts', async () => {
    await using pool = new ThreadPool({ maxWorkers: 1 })
    const queues = three()
    const wait = waitForQueues(queues)
    await pool.schedule(putAll, { args: [queues[1] as Queue<number>, [1]] })
    await expect(settled(wait)).resolves.toEqual([queues[1]])
  })

  it('refuses a value that is not a queue', async () => {
    const error = await failure(waitForQueues([new Queue(), [] as never]))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toBe('Expected an iterable of queues, got `[]` (Array) in it')
  })
})
