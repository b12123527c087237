/** Whoever dies holds nothing and waits for nothing. */
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

  it('releases what it holds when its call is cancelled', async () => {
    const lock = new Lock()
    const staying = work.stay(lock)
    await whenLocked(lock)
    staying.cancel()
    ;(await settled(lock.acquire()))()
    await whenFree(lock)
  })

  it('releases what it holds when its call runs out of time', async () => {
    const lock = new Lock()
    const staying = work.stayShortly(lock)
    await whenLocked(lock)
    expect(await failure(staying)).toMatchObject({ code: 'ERR_PEBBLE_TIMEOUT' })
    ;(await settled(lock.acquire()))()
  })

  it('releases what it holds when it exits', async () => {
    const lock = new Lock()
    const error = await failure(work.leaveHolding(lock, 'exit'))
    expect(error).toMatchObject({ exitCode: 7 })
    ;(await settled(lock.acquire()))()
  })

  it('waits no more', async () => {
    const lock = new Lock()
    const release = await lock.acquire()
    const waits = work.wait(lock, scratchFile())
    await whenWaiting(lock, 1)
    const mine = lock.acquire()
    expect(waiting(lock)).toBe(2)
    waits.cancel()
    await until(() => waiting(lock) === 1, 'the worker to be gone from the line')
    release()
    ;(await settled(mine))()
  })

  it('hands nothing on to itself', async () => {
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

  it('takes the workers below it along', async () => {
    const lock = new Lock()
    const nested = work.nestedHolder(lock)
    await whenLocked(lock)
    nested.cancel()
    ;(await settled(lock.acquire()))()
    await whenFree(lock)
  })

  it('is cancelled at any moment of its turns: others go on', async () => {
    const lock = new Lock()
    const path = scratchFile()
    for (let i = 0; i < 15; i++) {
      const gate = new Gate()
      const calls = [work.holdAtGate(lock, gate.path), work.wait(lock, path), work.wait(lock, path)]
      gate.open()
      await new Promise((resolve) => setTimeout(resolve, i * 3)) // a sample of moments, none of which may matter
      for (const call of calls) call.cancel()
      ;(await settled(lock.acquire()))()
    }
    await whenFree(lock)
  })
})

forEachKind('a body that ends without a release', (kind) => {
  const run = async (lock: Lock, options: PoolOptions): Promise<ThreadPool> => {
    const Pool = { thread: ThreadPool, process: ProcessPool }[kind]
    const pool = new Pool({ maxWorkers: 1, ...options }) as ThreadPool
    opened.push(pool)
    await settled(pool.schedule(calls[kind].forget, { args: [lock] }))
    return pool
  }

  it('has its worker hold the lock, until another body there releases it', async () => {
    const lock = new Lock()
    const pool = await run(lock, {})
    expect(await failure(lock.acquire({ timeout: 0 }))).toMatchObject({ code: 'ERR_PEBBLE_TIMEOUT' })
    await expect(settled(pool.schedule(calls[kind].releaseForeign, { args: [lock] }))).resolves.toBe('released')
    ;(await settled(lock.acquire()))()
  })

  it.each<[string, PoolOptions]>([
    ['is recycled', { maxTasks: 1 }],
    ['has been idle for long', { idleTimeout: 20 }],
  ])('has its worker hold the lock until that %s', async (_when, options) => {
    const lock = new Lock()
    await run(lock, options)
    ;(await settled(lock.acquire()))()
    await whenFree(lock)
  })

  it('has its worker hold the lock until the pool is closed', async () => {
    const lock = new Lock()
    const pool = await run(lock, {})
    expect(lock.locked).toBe(true)
    pool.close()
    await settled(pool.join())
    await whenFree(lock)
  })
})

it('a process that is killed releases what it holds', async () => {
  const lock = new Lock()
  const error = await failure(workers.process.leaveHolding(lock, 'kill'))
  expect(error).toMatchObject({ code: 'ERR_PEBBLE_PROCESS_EXPIRED', signal: 'SIGKILL' })
  ;(await settled(lock.acquire()))()
})

it('a pool that is closed leaves nothing held', async () => {
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
