import { readdirSync, readlinkSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
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

/** The threads of this process, as the system names them. */
const threads = (): string[] => readdirSync('/proc/self/task')

onLinux(
  'a thread that is stopped when it has just run out of memory reports its exit, and no error escapes',
  async () => {
    const pool = new ThreadPool({ maxWorkers: 1, resourceLimits: { maxOldGenerationSizeMb: 40 } })
    await Promise.all(Array.from({ length: 8 }, () => readFile(__filename))) // libuv has started its threads
    const before = new Set(threads())
    const gate = new Gate()
    const future = pool.schedule(tasks.exhaustBehind, { args: [gate.path] })
    await gate.whenArrived()
    const own = threads().filter((id) => !before.has(id))
    gate.open()
    for (let now = threads(); own.every((id) => now.includes(id)); now = threads()); // blocks, so the exit is not heard yet
    future.cancel()
    pool.stop()
    expect(await failure(future)).toBeInstanceOf(CancelledError)
    await settled(pool.join(), 'the pool to end')
  },
)
