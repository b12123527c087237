/**
 * The counterparts of Pebble's TestWaitForThreads (single, multiple, timeout), and what this adds to them. `restore` and
 * `spurious` are in queue-wait.spec.ts: no listener is left, and a closed pipe is not an exit.
 */
import { fork, spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { Queue, waitForThreads } from 'pebble-ts'
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
/** A thread that exits when it is told to. */
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

  it('returns all that have exited, in the order given, without waiting', async () => {
    const all = [worker(), child(), worker()]
    for (const each of all) {
      end(each)
      await settled(waitForThreads([each]))
    }
    await expect(settled(waitForThreads([worker(), ...all]))).resolves.toEqual(all)
  })

  it('returns none after the timeout', async () => {
    await expect(settled(waitForThreads([worker(), child()], 20))).resolves.toEqual([])
  })

  it('counts threads and processes that were killed, terminated, failed, or never started', async () => {
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

  it('returns none if none is given', async () => {
    await expect(settled(waitForThreads([]))).resolves.toEqual([])
  })

  it('refuses a value that is neither a worker nor a child process', async () => {
    const error = await failure(waitForThreads([worker(), new Queue() as never]))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toBe('Expected an iterable of workers or child processes, got `Queue {}` (Queue) in it')
  })
})
