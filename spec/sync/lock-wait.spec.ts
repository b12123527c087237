/** Every waiting method of every class, in every kind of thread: what ends the wait, and that it leaves nothing behind. */
import { Lock, RLock, Semaphore, TimeoutError, CancelledError, type AcquireOptions } from 'pebble-ts'
import { lock, workers as calls, type AnyLock } from '../fixtures/locks'
import { forEachKind } from '../support/setup'
import { countTimers, timers } from '../support/leftovers'
import { ending, inUse, listeners, locksInUse, waiting, whenFree, whenWaiting } from '../support/locks'
import { lines, scratchFile } from '../support/gate'
import { failure, settled, until } from '../support/until'
import { warnings } from '../support/warnings'

const workers = { thread: ending(calls.thread), process: ending(calls.process) }

const CLASSES: Array<[string, () => AnyLock]> = [
  ['Lock', () => new Lock()],
  ['RLock', () => new RLock()],
  ['Semaphore', () => new Semaphore(1)],
]
const METHODS: Array<[string, (lock: AnyLock, options: AcquireOptions) => Promise<unknown>]> = [
  ['acquire', (lock, options) => lock.acquire(options)],
  ['runExclusive', (lock, options) => lock.runExclusive(() => 'ran', options)],
]

/** A thread holds the lock: the chain of the test could take an RLock again. */
async function held(lock: AnyLock): Promise<() => Promise<void>> {
  const staying = workers.thread.stay(lock)
  await until(() => lock.locked, 'the lock to be held')
  return async () => {
    staying.cancel()
    await failure(staying)
    await whenFree(lock)
  }
}

countTimers(/LimitedWait\.begin/)

let before: number
beforeEach(() => (before = locksInUse()))
afterEach(() => expect(locksInUse()).toBe(before))

describe.each(CLASSES)('%s', (_name, create) => {
  describe.each(METHODS)('%s', (_method, wait) => {
    it('gives up after `timeout`, and leaves nothing behind', async () => {
      const lock = create()
      const free = await held(lock)
      const { signal } = new AbortController()
      const error = await failure<TimeoutError>(wait(lock, { timeout: 30, signal }))
      expect(error).toBeInstanceOf(TimeoutError)
      expect(error.message).toMatch(
        /^Waited 30 ms for the R?(Lock|Semaphore) of lock-wait\.spec\.ts:\d+:\d+, and it was not free \(limit `timeout: 30`\)\.$/,
      )
      expect(error.timeout).toBe(30)
      expect([waiting(lock), listeners(signal), timers()]).toEqual([0, 0, 0])
      await free()
    })

    it('does not wait with `timeout: 0`', async () => {
      const lock = create()
      await wait(lock, { timeout: 0 })
      if (lock.locked) lock.release()
      const free = await held(lock)
      const error = await failure(wait(lock, { timeout: 0 }))
      expect(error.message).toMatch(
        /^The R?(Lock|Semaphore) of lock-wait\.spec\.ts:\d+:\d+ was not free \(limit `timeout: 0`\)\.$/,
      )
      expect(waiting(lock)).toBe(0)
      await free()
    })

    it('does not begin if its signal has aborted', async () => {
      const lock = create()
      const signal = AbortSignal.abort(new Error('no more'))
      const error = await failure(wait(lock, { signal }))
      expect(error).toBeInstanceOf(CancelledError)
      expect(error.cause).toEqual(new Error('no more'))
      expect([inUse(lock), listeners(signal)]).toEqual([false, 0])
    })

    it('ends when its signal aborts, and leaves nothing behind', async () => {
      const lock = create()
      const free = await held(lock)
      const controller = new AbortController()
      const { signal } = controller
      const waits = wait(lock, { signal, timeout: 60_000 })
      expect([waiting(lock), listeners(signal), timers()]).toEqual([1, 1, 1])
      controller.abort(new Error('no more'))
      const error = await failure(waits)
      expect(error).toBeInstanceOf(CancelledError)
      expect(error.cause).toEqual(new Error('no more'))
      expect([waiting(lock), listeners(signal), timers()]).toEqual([0, 0, 0])
      await free()
    })

    it('leaves no timer and no listener behind when it gets the lock', async () => {
      const lock = create()
      const { signal } = new AbortController()
      await wait(lock, { signal, timeout: 60_000 })
      expect([listeners(signal), timers()]).toEqual([0, 0])
      if (lock.locked) lock.release()
    })
  })

  it('refuses invalid options at once', async () => {
    const lock = create()
    const wrong =
      (options: unknown): (() => unknown) =>
      () =>
        lock.acquire(options as AcquireOptions)
    expect(wrong({ timeout: 'soon' })).toThrow(
      new TypeError('Expected `timeout` to be a number, at least 0, got `"soon"` (string)'),
    )
    expect(wrong({ timeout: -1 })).toThrow(
      new RangeError('Expected `timeout` to be a number, at least 0, got `-1` (number)'),
    )
    expect(wrong({ tiemout: 1 })).toThrow(new TypeError('Unknown option `tiemout`; did you mean `timeout`?'))
    expect(wrong({ signal: {} })).toThrow(new TypeError('Expected `signal` to be an AbortSignal, got `{}` (object)'))
    expect(inUse(lock)).toBe(false)
  })

  forEachKind('a wait in a worker', (kind) => {
    it.each(['timeout', 'now', 'abort before', 'abort during'] as const)(
      'ends by %s, and leaves nothing behind, here or there',
      async (how) => {
        const lock = create()
        const free = await held(lock)
        const left = await settled(workers[kind].giveUp(lock, how))
        const code = how === 'timeout' || how === 'now' ? 'ERR_PEBBLE_TIMEOUT' : 'ERR_PEBBLE_CANCELLED'
        const cause = how.startsWith('abort') ? 'no more' : undefined
        expect(left).toEqual({ code, cause, listeners: 0, timers: 0, locked: false })
        await whenWaiting(lock, 0)
        await free()
      },
    )

    it('takes a free lock with `timeout: 0`', async () => {
      const lock = create()
      const path = scratchFile()
      await expect(workers[kind].wait(lock, path, { timeout: 0 })).resolves.toBe('released')
      await whenFree(lock)
    })

    it('ends with its worker', async () => {
      const lock = create()
      const free = await held(lock)
      const waits = workers[kind].wait(lock, scratchFile())
      await whenWaiting(lock, 1)
      expect(waits.cancel()).toBe(true)
      await whenWaiting(lock, 0)
      await free()
    })

    it('ends when its call is asked to stop, and the worker goes on', async () => {
      const lock = create()
      const free = await held(lock)
      const path = scratchFile()
      const waits = workers[kind].waitSoftly(lock, path)
      await whenWaiting(lock, 1)
      waits.cancel()
      await whenWaiting(lock, 0)
      await free()
      expect(lines(path)).toEqual(['waits'])
    })
  })
})

forEachKind('the wait of @synchronized below a decorator', (kind) => {
  it('ends when its call is asked to stop, and leaves nothing behind', async () => {
    const free = await held(lock)
    const path = scratchFile()
    const waits = workers[kind].takeTurn(path)
    await whenWaiting(lock, 1)
    waits.cancel()
    expect(await failure(waits)).toBeInstanceOf(CancelledError)
    await whenWaiting(lock, 0)
    await free()
    await workers[kind].takeTurn(path)
    expect(lines(path)).toEqual(['had its turn'])
    await whenFree(lock)
  })
})

it('a signal has one listener, however many waits use it', async () => {
  const heard = warnings()
  const lock = new Lock()
  const { signal } = new AbortController()
  const first = await lock.acquire()
  const releases = Array.from({ length: 50 }, () => lock.acquire({ signal }))
  expect([waiting(lock), listeners(signal)]).toEqual([50, 1])
  first()
  for (const release of releases) (await release)()
  expect([waiting(lock), listeners(signal)]).toEqual([0, 0])
  expect(heard).toEqual([])
})

it('a timeout longer than a timer can hold does not end the wait early', async () => {
  const lock = new Lock()
  const first = await lock.acquire()
  const second = lock.acquire({ timeout: 2 ** 40 })
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(waiting(lock)).toBe(1)
  first()
  ;(await second)()
})
