/** A worker that has exited holds no lock and waits for none. */
import { Lock, ProcessPool, ThreadPool, type PoolOptions } from 'pebble-ts'
import { workers as calls } from '../fixtures/locks'
import { Gate, scratchFile } from '../support/gate'
import { forEachKind } from '../support/setup'
import { ending, waiting, whenFree, whenWaiting } from '../support/locks'
import { failure, settled, until } from '../support/until'

const workers = { thread: ending(calls.thread), process: ending(calls.process) }

const opened: ThreadPool[] = []
afterEach(async () => {
  for (const pool of opened.splice(0)) {
    pool.stop()
    await pool.join()
  }
})

const whenLocked = (lock: Lock): Promise<void> => until(() => lock.locked, 'the lock to be held')

forEachKind('a worker that dies', (kind) => {
  const work = workers[kind]

  it('releases its lock when its call is cancelled', async () => {
    const lock = new Lock()
    const staying = work.stay(lock)
    await whenLocked(lock)
    staying.cancel()
    ;(await settled(lock.acquire()))()
    await whenFree(lock)
  })

  it('releases its lock when its call times out', async () => {
    const lock = new Lock()
    const staying = work.stayShortly(lock)
    await whenLocked(lock)
    expect(await failure(staying)).toMatchObject({ code: 'ERR_PEBBLE_TIMEOUT' })
    ;(await settled(lock.acquire()))()
  })

  it('releases its lock when it exits', async () => {
    const lock = new Lock()
    const error = await failure(work.leaveHolding(lock, 'exit'))
    expect(error).toMatchObject({ exitCode: 7 })
    ;(await settled(lock.acquire()))()
  })

  it('leaves the line of waiters', async () => {
    const lock = new Lock()
    const release = await lock.acquire()
    const waits = work.wait(lock, scratchFile())
    await whenWaiting(lock, 1)
    const mine = lock.acquire()
    expect(waiting(lock)).toBe(2)
    waits.cancel()
    await until(() => waiting(lock) === 1, 'the worker to have left the line')
    release()
    ;(await settled(mine))()
  })

  it('does not grant its own lock to itself', async () => {
    const lock = new Lock()
    const staying = work.stay(lock)
    await whenLocked(lock)
    const waits = work.wait(lock, scratchFile())
    await whenWaiting(lock, 1)
    staying.cancel()
    waits.cancel()
    ;(await settled(lock.acquire()))()
    await whenFree(lock)
  })

  it('releases the locks of the workers below it', async () => {
    const lock = new Lock()
    const nested = work.nestedHolder(lock)
    await whenLocked(lock)
    nested.cancel()
    ;(await settled(lock.acquire()))()
    await whenFree(lock)
  })

  it('may be cancelled at any moment of its turns, and others continue', async () => {
    const lock = new Lock()
    const path = scratchFile()
    for (let i = 0; i < 15; i++) {
      const gate = new Gate()
      const calls = [work.holdAtGate(lock, gate.path), work.wait(lock, path), work.wait(lock, path)]
      gate.open()
      await new Promise((resolve) => setTimeout(resolve, i * 3)) // a sample of moments; none may make a difference
      for (const call of calls) call.cancel()
      ;(await settled(lock.acquire()))()
    }
    await whenFree(lock)
  })
})

forEachKind('after a body that ends without a release', (kind) => {
  const run = async (lock: Lock, options: PoolOptions): Promise<ThreadPool> => {
    const Pool = { thread: ThreadPool, process: ProcessPool }[kind]
    const pool = new Pool({ maxWorkers: 1, ...options }) as ThreadPool
    opened.push(pool)
    await settled(pool.schedule(calls[kind].forget, { args: [lock] }))
    return pool
  }

  it('its worker holds the lock until another body there releases it', async () => {
    const lock = new Lock()
    const pool = await run(lock, {})
    expect(await failure(lock.acquire({ timeout: 0 }))).toMatchObject({ code: 'ERR_PEBBLE_TIMEOUT' })
    await expect(settled(pool.schedule(calls[kind].releaseForeign, { args: [lock] }))).resolves.toBe('released')
    ;(await settled(lock.acquire()))()
  })

  it.each<[string, PoolOptions]>([
    ['is recycled', { maxTasks: 1 }],
    ['exits because it is idle', { idleTimeout: 20 }],
  ])('its worker holds the lock until it %s', async (_when, options) => {
    const lock = new Lock()
    await run(lock, options)
    ;(await settled(lock.acquire()))()
    await whenFree(lock)
  })

  it('its worker holds the lock until the pool is closed', async () => {
    const lock = new Lock()
    const pool = await run(lock, {})
    expect(lock.locked).toBe(true)
    pool.close()
    await settled(pool.join())
    await whenFree(lock)
  })
})

it('a process that is killed releases its lock', async () => {
  const lock = new Lock()
  const error = await failure(workers.process.leaveHolding(lock, 'kill'))
  expect(error).toMatchObject({ code: 'ERR_PEBBLE_PROCESS_EXPIRED', signal: 'SIGKILL' })
  ;(await settled(lock.acquire()))()
})

it('a pool that is stopped leaves no lock held', async () => {
  const lock = new Lock()
  const pool = new ThreadPool({ maxWorkers: 1 })
  const staying = pool.submit(calls.thread.stay, lock)
  await whenLocked(lock)
  pool.stop()
  staying.cancel()
  await failure(staying)
  await settled(pool.join())
  await whenFree(lock)
})
