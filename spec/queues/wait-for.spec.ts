/**
 * The counterparts of Pebble's TestWaitForThreads and TestWaitForQueues (single, multiple, timeout; `restore` and `spurious`
 * are in limits.spec.ts: nothing is left on what was waited for, and a closed pipe is no exit), and what this adds to them.
 */
import { fork, spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { Queue, ThreadPool, waitForQueues, waitForThreads } from 'pebble-ts'
import { putAll } from '../fixtures/queues'
import '../support/setup'
import { failure, settled } from '../support/until'

const started: Array<Worker | ChildProcess> = []

afterEach(async () => {
  for (const each of started.splice(0)) {
    if ('terminate' in each) await each.terminate()
    else each.kill('SIGKILL')
  }
})

const keep = <T extends Worker | ChildProcess>(thread: T): T => {
  started.push(thread)
  return thread
}
/** One that ends when it is told to. */
const worker = (): Worker =>
  keep(
    new Worker(`require('node:worker_threads').parentPort.once('message', (code) => process.exit(code))`, {
      eval: true,
    }),
  )
const child = (): ChildProcess => keep(fork(join(__dirname, '../fixtures/waits-for-message.cjs')))
const end = (thread: Worker | ChildProcess, code = 0): void => {
  if ('postMessage' in thread) thread.postMessage(code)
  else thread.send(code)
}

describe('waitForThreads()', () => {
  it.each([
    ['a thread', worker],
    ['a process', child],
  ])('waits for %s', async (_name, start) => {
    const [one, other] = [start(), start()]
    const wait = waitForThreads([other, one])
    end(one, 3)
    await expect(settled(wait)).resolves.toEqual([one])
  })

  it('gives all that have exited, in the order given, without waiting', async () => {
    const all = [worker(), child(), worker()]
    for (const each of all) {
      end(each)
      await settled(waitForThreads([each]))
    }
    await expect(settled(waitForThreads([worker(), ...all]))).resolves.toEqual(all)
  })

  it('gives none where the time is up', async () => {
    await expect(settled(waitForThreads([worker(), child()], 20))).resolves.toEqual([])
  })

  it('counts one that was killed, terminated, failed, or never started', async () => {
    const killed = child()
    killed.kill('SIGKILL')
    await expect(settled(waitForThreads([killed]))).resolves.toEqual([killed])
    const terminated = worker()
    void terminated.terminate()
    await expect(settled(waitForThreads([terminated]))).resolves.toEqual([terminated])
    const failing = keep(new Worker('throw new Error("at once")', { eval: true }))
    failing.on('error', () => undefined)
    await expect(settled(waitForThreads([failing]))).resolves.toEqual([failing])
    const never = keep(spawn('/there/is/no/such/program'))
    never.on('error', () => undefined)
    await expect(settled(waitForThreads([never]))).resolves.toEqual([never])
  })

  it('gives nothing for nothing', async () => {
    await expect(settled(waitForThreads([]))).resolves.toEqual([])
  })

  it('refuses what is neither', async () => {
    const error = await failure(waitForThreads([worker(), new Queue() as never]))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toBe('Expected an iterable of workers or child processes, got `Queue {}` (Queue) in it')
  })
})

describe('waitForQueues()', () => {
  const three = (): Array<Queue<number>> => [new Queue<number>(), new Queue<number>(), new Queue<number>()]

  it('gives the one that an item comes into', async () => {
    const queues = three()
    const wait = waitForQueues(queues)
    await queues[2]?.put(1)
    await expect(settled(wait)).resolves.toEqual([queues[2]])
    expect(queues[2]?.size).toBe(1)
  })

  it('gives all that hold items, in the order given, without waiting', async () => {
    const queues = three()
    for (const queue of queues) queue.putNowait(1)
    await expect(settled(waitForQueues(queues))).resolves.toEqual(queues)
  })

  it('gives none where the time is up, and none for none', async () => {
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

  it('refuses what is no queue', async () => {
    const error = await failure(waitForQueues([new Queue(), [] as never]))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toBe('Expected an iterable of queues, got `[]` (Array) in it')
  })
})
