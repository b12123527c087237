import { Hold } from '../../src/cluster/hold'
import { Revoker } from '../../src/cluster/revoker'
import { FakeClock } from '../support/clock'
import { MemoryEngine } from './engine-memory'
import { job, Machine } from './engine.suite'

let clock: FakeClock
let memory: MemoryEngine
let revoker: Revoker
beforeEach(() => {
  clock = new FakeClock()
  memory = new MemoryEngine()
  revoker = new Revoker(memory.caller(), new Hold(memory.caller()))
})
const done = async (): Promise<boolean> => {
  let isDone = false
  void revoker.whenDone().then(() => (isDone = true))
  await clock.pass(0)
  return isDone
}

test('removes a job that waits', async () => {
  memory.add(job('a'))
  revoker.revoke('a')
  await clock.pass(10)
  expect([memory.jobs.size, await done()]).toEqual([0, true])
})

test('tells the workers about a job that runs, until its record says that it is over', async () => {
  const worker = memory.worker({ parallel: 1, lease: 9_000 })
  let end: () => void = () => undefined
  const machine = new Machine(() => new Promise((resolve) => (end = () => resolve({ type: 'finished', outcome: 'x' }))))
  worker.start(machine)
  memory.add(job('a'))
  await clock.pass(10)
  revoker.revoke('a')
  for (let seconds = 0; seconds < 4; seconds++) await clock.pass(1_000)
  expect(machine.controls.length).toBeGreaterThan(2)
  expect(machine.controls[0]).toBe('{"t":"cancel","id":"a"}')
  expect(await done()).toBe(false)
  end()
  for (let seconds = 0; seconds < 3; seconds++) await clock.pass(1_000)
  const { length } = machine.controls
  await clock.pass(5_000)
  expect([machine.controls.length, await done()]).toEqual([length, true])
  worker.die()
})

test('makes no more attempts once it is closed', async () => {
  const engine = memory.caller()
  let tries = 0
  const failing = { ...engine, remove: () => (tries++, Promise.reject(new Error('down'))) }
  const other = new Revoker(failing, new Hold(failing))
  other.revoke('a')
  await clock.pass(1_500)
  const before = tries
  other.close()
  await clock.pass(5_000)
  await other.whenDone()
  expect([before > 0, tries, clock.timers]).toEqual([true, before, []])
})

test('asks an engine again that did not answer, or failed', async () => {
  memory.add(job('a'))
  const engine = memory.caller()
  let fails = 2
  const failing = {
    ...engine,
    remove: (id: string) => (fails-- > 0 ? Promise.reject(new Error('down')) : engine.remove(id)),
  }
  const other = new Revoker(failing, new Hold(failing))
  other.revoke('a')
  for (let seconds = 0; seconds < 5; seconds++) await clock.pass(1_000)
  expect(memory.jobs.size).toBe(0)
})
