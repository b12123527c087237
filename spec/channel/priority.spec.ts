import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import * as os from 'node:os'
import { ProcessPool } from 'pebble-ts'
import { applyNice } from '../../src/channel/priority'
import * as tasks from '../fixtures/pools/tasks'
import '../support/setup'

/** The priorities of all threads of a process on Linux. */
function nicesOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).map((thread) => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])
  })
}

const onLinux = process.platform === 'linux' ? test : test.skip

onLinux('`nice` is the priority of a process and of all its threads; the program keeps its own', async () => {
  const own = os.getPriority()
  await using pool = new ProcessPool({ maxWorkers: 1, context: { nice: 15 } })
  const { pid } = await pool.schedule(tasks.where)
  expect(os.getPriority(pid)).toBe(15)
  expect(new Set(nicesOf(pid))).toEqual(new Set([15]))
  expect(os.getPriority()).toBe(own)
})

onLinux('threads that a process has started before it gets its priority have it, too', async () => {
  const code = `new (require('worker_threads').Worker)('setInterval(() => {}, 1000)', { eval: true }).on('online', () => console.log())`
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  applyNice(child.pid, 15)
  const nices = nicesOf(child.pid as number)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(nices.length).toBeGreaterThan(5)
  expect(new Set(nices)).toEqual(new Set([15]))
})

onLinux('a worker that replaces another one has the same priority', async () => {
  await using pool = new ProcessPool({ maxWorkers: 1, maxTasks: 1, context: { nice: 12 } })
  const pids = [(await pool.schedule(tasks.where)).pid, (await pool.schedule(tasks.where)).pid]
  expect(pids[0]).not.toBe(pids[1])
  expect(os.getPriority(pids[1])).toBe(12)
})

test.each([-21, 20, 1.5, '5'])('refuses `nice: %p`', (nice) => {
  const create = (): unknown => new ProcessPool({ context: { nice: nice as number } })
  expect(create).toThrow(/`context\.nice` to be an integer from -20 to 19/)
})

test('a process that may not have the priority runs with that of the program, and one warning says so', () => {
  const emit = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  const noProcess = 2 ** 30 // setPriority throws, as it does without the privilege
  for (let n = 0; n < 2; n++) applyNice(noProcess, -20)
  const message = 'A worker process runs with the priority of this process, and not with `nice: -20`.'
  expect(emit.mock.calls).toEqual([[message, expect.objectContaining({ code: 'PEBBLE_PRIORITY' })]])
  emit.mockRestore()
})
