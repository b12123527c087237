/** What all locks do in one thread, and what is special about each. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Lock, LockError, RLock, Semaphore, configure, thread } from 'pebble-ts'
import type { AnyLock } from '../fixtures/locks'
import '../support/setup'
import { inUse, waiting, whenFree } from '../support/locks'
import { failure } from '../support/until'
import { warnings } from '../support/warnings'

const CLASSES: Array<[string, () => AnyLock]> = [
  ['Lock', () => new Lock()],
  ['RLock', () => new RLock()],
  ['Semaphore', () => new Semaphore(1)],
]
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe.each(CLASSES)('%s', (_name, create) => {
  it('admits one holder at a time, first come, first served', async () => {
    const lock = create()
    const order: number[] = []
    let inside = 0
    let most = 0
    const lane = async (n: number): Promise<void> => {
      using _held = await lock.acquire()
      most = Math.max(most, (inside += 1))
      order.push(n)
      await turn()
      inside -= 1
    }
    await Promise.all(Array.from({ length: 100 }, (_, n) => lane(n)))
    expect(most).toBe(1)
    expect(order).toEqual(Array.from({ length: 100 }, (_, n) => n))
    await whenFree(lock)
  })

  it('runs functions one at a time, and returns what they return', async () => {
    const lock = create()
    const log: string[] = []
    const run = (name: string) => async (): Promise<string> => {
      log.push(`${name} begins`)
      await turn()
      log.push(`${name} ends`)
      return name
    }
    await expect(Promise.all(['a', 'b'].map((name) => lock.runExclusive(run(name))))).resolves.toEqual(['a', 'b'])
    expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends'])
    await expect(lock.runExclusive(() => 5)).resolves.toBe(5)
  })

  it('is free again when a function throws or rejects', async () => {
    const lock = create()
    const thrown = new RangeError('no')
    await expect(lock.runExclusive(() => Promise.reject(thrown))).rejects.toBe(thrown)
    const throwing = (): never => {
      throw thrown
    }
    await expect(lock.runExclusive(throwing)).rejects.toBe(thrown)
    expect(lock.locked).toBe(false)
  })

  it('tells whether it is locked', async () => {
    const lock = create()
    expect(lock.locked).toBe(false)
    const release = await lock.acquire()
    expect(lock.locked).toBe(true)
    release()
    expect(lock.locked).toBe(false)
  })

  it('is released by a call, by `using`, or by release()', async () => {
    const lock = create()
    const release = await lock.acquire()
    release()
    {
      using _held = await lock.acquire()
      expect(lock.locked).toBe(true)
    }
    expect(lock.locked).toBe(false)
    await lock.acquire()
    lock.release()
    expect(lock.locked).toBe(false)
  })

  it('throws if it is released and not held', async () => {
    const lock = create()
    const text =
      /^Cannot release the \w+ of locks\.spec\.ts:\d+:\d+: it is not held here\. It was released before, or never acquired\.$/
    expect(() => lock.release()).toThrow(LockError)
    expect(() => lock.release()).toThrow(text)
    const release = await lock.acquire()
    release()
    expect(release).toThrow(text)
    expect(() => lock.release()).toThrow(expect.objectContaining({ code: 'ERR_PEBBLE_LOCK' }))
    const [first, second] = [lock.acquire(), lock.acquire()]
    ;(await first)()
    expect(await first).toThrow(LockError) // another holds it now
    ;(await second)()
  })

  it('may be released before the end of a `using` block, or of the function that runs', async () => {
    const lock = create()
    {
      using held = await lock.acquire()
      held()
      expect(lock.locked).toBe(false)
    }
    await expect(lock.runExclusive(() => lock.release())).resolves.toBeUndefined()
    expect(lock.locked).toBe(false)
  })

  it('leaves the table when it is not in use', async () => {
    const lock = create()
    const release = await lock.acquire()
    expect(inUse(lock)).toBe(true)
    release()
    await whenFree(lock)
  })
})

describe('a Semaphore', () => {
  it('admits as many as it has permits', async () => {
    const semaphore = new Semaphore(3)
    let inside = 0
    let most = 0
    const lane = async (): Promise<void> => {
      using _held = await semaphore.acquire()
      most = Math.max(most, (inside += 1))
      await turn()
      inside -= 1
    }
    await Promise.all(Array.from({ length: 20 }, lane))
    expect(most).toBe(3)
  })

  it('is locked when all permits are taken', async () => {
    const semaphore = new Semaphore(2)
    const releases = [await semaphore.acquire()]
    expect(semaphore.locked).toBe(false)
    releases.push(await semaphore.acquire())
    expect(semaphore.locked).toBe(true)
    for (const release of releases) release()
    expect(semaphore.locked).toBe(false)
    expect(() => semaphore.release()).toThrow(LockError)
  })

  it('requires a positive integer of permits', () => {
    const make = (permits: unknown) => () => new Semaphore(permits as number)
    expect(make(0)).toThrow(new RangeError('Expected `permits` to be a positive integer, got `0` (number)'))
    expect(make(1.5)).toThrow(new RangeError('Expected `permits` to be a positive integer, got `1.5` (number)'))
    expect(make('2')).toThrow(new TypeError('Expected `permits` to be a positive integer, got `"2"` (string)'))
  })
})

describe('an RLock', () => {
  it('is taken again by the chain of calls that holds it', async () => {
    const lock = new RLock()
    const inner = async (): Promise<string> => lock.runExclusive(async () => `inner ${String(lock.locked)}`)
    const outer = async (): Promise<string> => {
      await turn()
      const text = await inner()
      return `${text}, outer ${String(lock.locked)}`
    }
    await expect(lock.runExclusive(outer)).resolves.toBe('inner true, outer true')
    expect(lock.locked).toBe(false)
  })

  it('is taken again by acquire(), and is free after as many releases', async () => {
    const lock = new RLock()
    const first = await lock.acquire()
    await turn()
    const second = await lock.acquire()
    const third = await lock.acquire()
    first()
    lock.release()
    expect(lock.locked).toBe(true)
    third()
    expect(lock.locked).toBe(false)
    expect(second).toThrow(LockError)
  })

  it('is not shared by chains side by side: they exclude each other', async () => {
    const lock = new RLock()
    const log: string[] = []
    const chain = async (name: string): Promise<void> => {
      await lock.runExclusive(async () => {
        log.push(name)
        await turn()
        await lock.runExclusive(turn)
        log.push(name)
      })
    }
    const one = chain('a')
    await turn() // the second begins while the first holds it
    await Promise.all([one, chain('b'), chain('c')])
    expect(log).toEqual(['a', 'a', 'b', 'b', 'c', 'c'])
  })

  it('excludes chains that acquire it side by side', async () => {
    const lock = new RLock()
    let inside = 0
    const lane = async (): Promise<void> => {
      const release = await lock.acquire()
      const again = await lock.acquire()
      expect((inside += 1)).toBe(1)
      await turn()
      inside -= 1
      again()
      release()
    }
    await Promise.all(Array.from({ length: 10 }, lane))
    expect(waiting(lock)).toBe(0)
  })

  it('is not released by another chain, except by the result of acquire()', async () => {
    const lock = new RLock()
    let release!: () => void
    const holding = (async () => {
      await turn()
      release = await lock.acquire()
    })()
    await holding
    expect(() => lock.release()).toThrow(
      expect.objectContaining({
        code: 'ERR_PEBBLE_LOCK',
        message: expect.stringMatching(
          /^Cannot release the RLock of .*: another call chain holds it, since .*locks\.spec\.ts.*\. Call what its acquire\(\) gave: that may be done from anywhere\.$/,
        ),
      }),
    )
    release()
    expect(lock.locked).toBe(false)
  })

  it('is taken again through decorated calls that run inline', async () => {
    const lock = new RLock()
    const inner = thread(async () => lock.runExclusive(() => 'inner', { timeout: 5_000 }))
    configure({ eager: true })
    try {
      await expect(lock.runExclusive(() => inner())).resolves.toBe('inner')
    } finally {
      configure({ eager: undefined })
    }
  })
})

it('a chain that takes a lock very often keeps no memory of it', async () => {
  const lock = new Lock()
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const heapAfter = async (turns: number): Promise<number> => {
    for (let i = 0; i < turns; i++) (await lock.acquire())()
    collect()
    return process.memoryUsage().heapUsed
  }
  const before = await heapAfter(1_000)
  expect((await heapAfter(20_000)) - before).toBeLessThan(5_000_000) // a leak would be 2 kB per turn
})

it('the order of waiters stays when one of them leaves', async () => {
  warnings() // of a possible deadlock: the wait that is in vain was started by the holder
  const lock = new Lock()
  const first = await lock.acquire()
  const controller = new AbortController()
  const log: string[] = []
  const waits = ['a', 'b', 'c'].map((name) =>
    lock.runExclusive(() => log.push(name), name === 'b' ? { signal: controller.signal } : undefined),
  )
  controller.abort()
  await failure(waits[1] as Promise<unknown>)
  first()
  await Promise.all([waits[0], waits[2]])
  expect(log).toEqual(['a', 'c'])
})

it('a semaphore of any size is acquired and released at once', async () => {
  const began = performance.now()
  const semaphore = new Semaphore(1e9)
  expect(await semaphore.runExclusive(() => 1)).toBe(1)
  expect(performance.now() - began).toBeLessThan(1000)
})

it.each([0, -1, 0.5, NaN, Infinity])('a semaphore of %d permits is refused', (permits) => {
  expect(() => new Semaphore(permits)).toThrow(/^Expected `permits` to be a positive integer, got/)
})
