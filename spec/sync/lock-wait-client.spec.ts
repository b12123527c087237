/** One lock in all threads and processes: how it gets there, and that it is the same lock. */
import { readFileSync, writeFileSync } from 'node:fs'
import { Lock, LockError, ProcessPool, Queue, RLock, Semaphore, ThreadPool } from 'pebble-ts'
import { lock, locks, other, pair, rlock, workers as calls, type AnyLock } from '../fixtures/locks'
import { Initialized } from '../fixtures/lock-services'
import { Gate, scratchFile, lines } from '../support/gate'
import { forEachKind, KINDS } from '../support/setup'
import { ending, inUse, whenFree, whenWaiting } from '../support/locks'
import { settled, until } from '../support/until'
import { warnings } from '../support/warnings'

const workers = { thread: ending(calls.thread), process: ending(calls.process) }

const CLASSES: Array<[string, () => AnyLock]> = [
  ['Lock', () => new Lock()],
  ['RLock', () => new RLock()],
  ['Semaphore', () => new Semaphore(1)],
]

forEachKind('this thread and a worker', (kind) => {
  it.each(Object.keys(locks) as Array<keyof typeof locks>)('share the `%s` of a module', async (name) => {
    const gate = new Gate()
    const holding = workers[kind].takeModuleLock(name, gate.path)
    await gate.whenArrived()
    expect(inUse(locks[name])).toBe(true)
    expect(locks[name].locked).toBe(name !== 'pair')
    expect(inUse(other)).toBe(false)
    gate.open()
    await expect(holding).resolves.toBe('held')
    await whenFree(locks[name])
  })

  it.each(CLASSES)('share a %s that is passed as an argument', async (_name, create) => {
    const held = create()
    const gate = new Gate()
    const holding = workers[kind].holdAtGate(held, gate.path)
    await gate.whenArrived()
    expect(held.locked).toBe(true)
    const mine = held.acquire()
    await whenWaiting(held, 1)
    gate.open()
    await holding
    ;(await settled(mine))()
    await whenFree(held)
  })

  it.each(CLASSES)('share a %s that is returned', async (name, create) => {
    const held = create()
    const back = await workers[kind].giveBack(held)
    expect(back.kind).toBe(name)
    expect(back.held).toBeInstanceOf(held.constructor)
    const release = await held.acquire()
    expect(back.held.locked).toBe(true)
    release()
  })

  it('share a lock in a field of `this`', async () => {
    const gate = new Gate()
    const service = new Initialized()
    const holding = service[kind](gate.path)
    await gate.whenArrived()
    expect(service.lock.locked).toBe(true)
    gate.open()
    await expect(holding).resolves.toBe('held')
    await whenFree(service.lock)
  })

  it('share a lock that is sent through a queue', async () => {
    const [held, there, back] = [new Lock(), new Queue<AnyLock>(), new Queue<AnyLock>()]
    await there.put(held)
    await expect(settled(workers[kind].passOn(there, back))).resolves.toBe(true)
    await whenFree(held)
    const copy = await back.get()
    using _held = await copy.acquire()
    expect(held.locked).toBe(true)
  })

  it('wait for each other, first come, first served', async () => {
    warnings() // of a possible deadlock: the waits here were started by the holder
    const path = scratchFile()
    const held = new Lock()
    const release = await held.acquire()
    const waits = [workers[kind].wait(held, path)]
    await whenWaiting(held, 1)
    const mine = held.acquire()
    waits.push(workers[kind].wait(held, path))
    await whenWaiting(held, 3)
    release()
    const again = await settled(mine)
    await waits[0]
    expect(lines(path).filter((line) => line === 'got it')).toHaveLength(1)
    again()
    await Promise.all(waits)
  })

  it('take turns even if this thread takes a free lock again and again without a pause', async () => {
    const held = new Lock()
    let isOver = false
    const waits = workers[kind].wait(held, scratchFile()).finally(() => (isOver = true))
    while (!isOver) (await held.acquire())()
    await expect(waits).resolves.toBe('released')
  })

  it('may take an RLock again in a decorated call that runs inline', async () => {
    await expect(workers[kind].again()).resolves.toBe('outer, inner, true')
    await whenFree(rlock)
  })

  it("do not release each other's lock", async () => {
    const held = new Lock()
    const release = await held.acquire()
    await expect(workers[kind].releaseForeign(held)).resolves.toBe('ERR_PEBBLE_LOCK')
    expect(held.locked).toBe(true)
    release()
    const gate = new Gate()
    const holding = workers[kind].holdAtGate(held, gate.path)
    await gate.whenArrived()
    expect(() => held.release()).toThrow(LockError)
    gate.open()
    await holding
  })

  it('share a lock with a pool inside the worker', async () => {
    const file = scratchFile()
    writeFileSync(file, '0')
    const nested = workers[kind].nested(file, 50)
    await Promise.all([settled(nested), workers.thread.turns(file, 50), workers.process.turns(file, 50)])
    expect(readFileSync(file, 'utf8')).toBe('150')
  })

  it('share a lock that an initializer takes', async () => {
    const path = scratchFile()
    const Pool = { thread: ThreadPool, process: ProcessPool }[kind]
    await using pool = new Pool({ maxWorkers: 1, initializer: Initialized.prepare, initArgs: [path] }) as ThreadPool
    await settled(pool.submit(Initialized.nothing))
    expect(lines(path)).toEqual(['prepared'])
    await whenFree(lock)
  })
})

it('threads and processes share the permits of a semaphore', async () => {
  const gate = new Gate()
  const holding = KINDS.map((kind) => workers[kind].takeModuleLock('pair', gate.path))
  await gate.whenArrived(2)
  expect(pair.locked).toBe(true)
  gate.open()
  await Promise.all(holding)
  await until(() => !pair.locked, 'the semaphore to be free')
})
