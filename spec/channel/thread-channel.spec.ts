import { readdirSync, readlinkSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { CancelledError, ThreadPool } from 'pebble-ts'
import * as tasks from '../fixtures/pools/tasks'
import '../support/setup'
import { Gate } from '../support/gate'
import { failure, settled } from '../support/until'

/** The modules that this program has open. */
function openModules(): string[] {
  const targets = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return '' // the descriptor by which the folder was read
    }
  })
  return targets.filter((target) => /\.[cm]?js$/.test(target))
}

const onLinux = process.platform === 'linux' ? test : test.skip

onLinux('threads that are stopped while they start leave no file open', async () => {
  const before = openModules()
  for (let round = 0; round < 30; round++) {
    const pool = new ThreadPool({ maxWorkers: 1 })
    const future = pool.schedule(tasks.echo, { args: [1] })
    await new Promise((resolve) => setTimeout(resolve, 2 * round)) // at a different moment of the start each time
    future.cancel()
    pool.stop()
    await settled(pool.join(), 'the pool to end')
  }
  expect(openModules()).toEqual(before)
})

test('a thread that still reports an error after it was stopped ends its pool, and no error escapes', async () => {
  const terminate = jest.spyOn(Worker.prototype, 'terminate')
  const [pool, gate] = [new ThreadPool({ maxWorkers: 1 }), new Gate()]
  const future = pool.schedule(tasks.spin, { args: [gate.path] })
  await gate.whenArrived()
  future.cancel()
  const [worker] = terminate.mock.contexts as Worker[]
  // Node.js reports it so if the thread has run out of memory. A real one may end the whole process.
  expect(() => worker?.emit('error', new Error('JS heap out of memory'))).not.toThrow()
  pool.stop()
  expect(await failure(future)).toBeInstanceOf(CancelledError)
  await settled(pool.join(), 'the pool to end')
  expect(worker?.threadId).toBe(-1)
})
