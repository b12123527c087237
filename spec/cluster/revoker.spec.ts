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
  void revoker.whenDone(600_000).then(() => (isDone = true))
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
  const failing = { ...engine, remove: () => (tries++, Promise.reject(new Error('Connection is closed.'))) }
  const other = new Revoker(failing, new Hold(failing))
  other.revoke('a')
  await clock.pass(1_500)
  const before = tries
  other.close()
  await clock.pass(5_000)
  await other.whenDone(5_000)
  expect([before > 0, tries, clock.timers]).toEqual([true, before, []])
})

test('asks an engine again that did not answer, or failed', async () => {
  memory.add(job('a'))
  const engine = memory.caller()
  let fails = 2
  const failing = {
    ...engine,
    remove: (id: string) => (fails-- > 0 ? Promise.reject(new Error('Connection is closed.')) : engine.remove(id)),
  }
  const other = new Revoker(failing, new Hold(failing))
  other.revoke('a')
  for (let seconds = 0; seconds < 5; seconds++) await clock.pass(1_000)
  expect(memory.jobs.size).toBe(0)
})

test('a job of the same id can be added once the revocation is done', async () => {
  memory.add(job('a'))
  expect(await revoker.whenRevoked('a', 10_000)).toBe(true)
  revoker.revoke('a')
  expect(revoker.isRevoking('a')).toBe(true)
  const revoked = revoker.whenRevoked('a', 10_000)
  await clock.pass(10)
  expect([await revoked, revoker.isRevoking('a'), memory.jobs.size]).toEqual([true, false, 0])
})

test('a revocation is not waited for if the engine is silent', async () => {
  memory.silence()
  revoker.revoke('a')
  const revoked = revoker.whenRevoked('a', 10_000)
  await clock.pass(10_100)
  expect(await revoked).toBe(false)
  memory.resume()
})

test('a revocation is waited for while the engine answers, however long the body takes to end', async () => {
  const worker = memory.worker({ parallel: 1, lease: 90_000 })
  let end: () => void = () => undefined
  worker.start(new Machine(() => new Promise((resolve) => (end = () => resolve({ type: 'finished', outcome: 'x' })))))
  memory.add(job('a'))
  await clock.pass(10)
  revoker.revoke('a')
  let isRevoked: boolean | undefined
  void revoker.whenRevoked('a', 3_000).then((done) => (isRevoked = done))
  for (let seconds = 0; seconds < 10; seconds++) await clock.pass(1_000)
  expect(isRevoked).toBeUndefined()
  end()
  for (let seconds = 0; seconds < 3; seconds++) await clock.pass(1_000)
  expect(isRevoked).toBe(true)
  worker.die()
})

test('an outage of any length does not end a revocation, but the program may end after 30 s of it', async () => {
  memory.add(job('a'))
  const engine = memory.caller()
  let isDown = true
  const failing = {
    ...engine,
    remove: (id: string) => (isDown ? Promise.reject(new Error('Connection is closed.')) : engine.remove(id)),
    hold: jest.fn(),
  }
  const other = new Revoker(failing, new Hold(failing))
  other.revoke('a')
  for (let seconds = 0; seconds < 29; seconds++) await clock.pass(1_000)
  expect(failing.hold.mock.calls).toEqual([[true]])
  for (let seconds = 0; seconds < 90; seconds++) await clock.pass(1_000)
  expect(failing.hold.mock.calls).toEqual([[true], [false]])
  expect(clock.held).toBe(0)
  isDown = false
  await clock.pass(1_000)
  expect([memory.jobs.size, other.isRevoking('a')]).toEqual([0, false])
  expect(failing.hold.mock.calls).toEqual([[true], [false]])
})

test('the end of all is waited for as long as some are done meanwhile', async () => {
  const engine = memory.caller()
  const gates: Array<() => void> = []
  const slow = { ...engine, remove: () => new Promise<boolean>((resolve) => gates.push(() => resolve(true))) }
  const other = new Revoker(slow, new Hold(slow))
  for (const id of ['a', 'b', 'c']) other.revoke(id)
  let isDone = false
  void other.whenDone(5_000).then(() => (isDone = true))
  for (const gate of [...gates.slice(0, 2)]) {
    await clock.pass(4_000)
    gate()
  }
  await clock.pass(1_000)
  expect(isDone).toBe(false)
  await clock.pass(10_000)
  expect([isDone, other.isRevoking('c')]).toEqual([true, true])
})

test('an engine that refuses to remove a job has answered: a revocation of a repeated call ends', async () => {
  const engine = memory.caller()
  let asked = 0
  const refuse = (): Promise<boolean> => Promise.reject(new Error(`it belongs to a job scheduler ${++asked}`))
  const refusing = { ...engine, remove: refuse }
  const other = new Revoker(refusing, new Hold(refusing))
  other.revoke('a')
  for (let seconds = 0; seconds < 40; seconds++) await clock.pass(1_000)
  expect([asked, other.isRevoking('a')]).toEqual([30, false])
})

test('another removal is waited for as well, and none begins while a call is revoked', async () => {
  let end: (removed: boolean) => void = () => undefined
  const removed = revoker.remove('a', () => new Promise((resolve) => (end = resolve)))
  expect([revoker.isRevoking('a'), await revoker.remove('a', () => Promise.reject(new Error()))]).toEqual([true, false])
  const revoked = revoker.whenRevoked('a', 10_000)
  end(true)
  expect([await removed, await revoked, revoker.isRevoking('a')]).toEqual([true, true, false])
  await expect(revoker.remove('a', () => Promise.reject(new Error('down')))).rejects.toThrow('down')
  await clock.pass(0)
  expect(revoker.isRevoking('a')).toBe(false)
})

test('the limit of the wait is not exceeded', async () => {
  memory.silence()
  revoker.revoke('a')
  let isOver = false
  void revoker.whenRevoked('a', 10_000).then(() => (isOver = true))
  await clock.pass(9_999.5)
  expect(isOver).toBe(false)
  await clock.pass(1.5)
  expect(isOver).toBe(true)
  memory.resume()
})

test('a call that is cancelled during another removal is revoked if that fails', async () => {
  memory.add(job('a'))
  let end: (removed: boolean) => void = () => undefined
  const removed = revoker.remove('a', () => new Promise((resolve) => (end = resolve)))
  revoker.revoke('a')
  await clock.pass(10)
  expect(memory.jobs.size).toBe(1)
  end(false)
  await clock.pass(10)
  expect([await removed, memory.jobs.size, revoker.isRevoking('a')]).toEqual([false, 0, false])
})
