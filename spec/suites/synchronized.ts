import { readFileSync } from 'node:fs'
import { callbacks, configure, Future, futureOf, type Lock, ProcessPool, synchronized, ThreadPool } from 'pebble-ts'
import '../support/setup'
import { Gate, lines, scratchFile } from '../support/gate'
import { whenFree, whenWaiting } from '../support/locks'
import { settled } from '../support/until'
import { warnings } from '../support/warnings'
import type * as Services from '../stage3/synchronized-services'

/** How `@synchronized` behaves, under either dialect. */
export function describeSynchronized(services: typeof Services): void {
  const { lock, rlock, semaphore, Derived, Overriding, Plain, Sided, SidedChild, Steps, Undecorated } = services
  const plain = new Plain()
  const sided = new Sided()

  beforeEach(() => {
    Steps.log = []
    Steps.most = 0
  })
  afterEach(async () => {
    for (const each of [lock, rlock, semaphore, synchronized.lock]) await whenFree(each)
  })

  describe('@synchronized', () => {
    it('runs one call at a time of all methods without a lock', async () => {
      const calls = [
        plain.bare('a'),
        new Derived().called('b'),
        Plain.bareStatic('c'),
        services.alone(1),
        plain.bare('d'),
      ]
      await expect(Promise.all(calls)).resolves.toEqual(['plain a', 'derived b', 'Plain c', 'alone 1', 'plain d'])
      expect(Steps.log).toEqual(['plain a', 'derived b', 'Plain c', 'alone 1', 'plain d'])
      expect(Steps.most).toBe(1)
    })

    it('runs one call at a time of all methods with the same lock', async () => {
      const calls = [plain.withLock('a'), Plain.withLockStatic('b'), services.aloneWith(1), services.given(2)]
      await Promise.all(calls)
      expect(Steps.log).toEqual(['plain a', 'Plain b', 'alone with 1', 'given 2'])
      expect(Steps.most).toBe(1)
    })

    it('does not delay calls with other locks', async () => {
      await Promise.all([plain.bare('a'), plain.withLock('b')])
      expect(Steps.most).toBe(2)
    })

    it('holds the lock only while the method runs', async () => {
      await expect(plain.isLocked()).resolves.toBe(true)
      expect(synchronized.lock.locked).toBe(false)
      await expect(plain.withSemaphore()).resolves.toBe(true)
      expect(semaphore.locked).toBe(false)
    })

    it('rejects with the error of the method, and releases the lock', async () => {
      await expect(plain.fail('later')).rejects.toThrow(new RangeError('later'))
      await expect(plain.failAtOnce('at once')).rejects.toThrow(new RangeError('at once'))
      expect(lock.locked).toBe(false)
    })

    it('returns promises', () => {
      const promise = plain.bare('a')
      expect(promise).toBeInstanceOf(Promise)
      expect(promise).not.toBeInstanceOf(Future)
      return promise
    })

    it('keeps the name, the length and the properties of the method', () => {
      const { bare } = Plain.prototype
      expect([bare.name, bare.length]).toEqual(['bare', 1])
      expect((bare as { marks?: string[] }).marks).toEqual(['under', 'below'])
    })

    it('can be called again by the holder of an RLock, also through `super`', async () => {
      await expect(plain.outer()).resolves.toBe('outer inner')
      await expect(new Derived().outer()).resolves.toBe('outer derived inner')
    })

    it('warns if a method waits for itself, naming both calls', async () => {
      const heard = warnings()
      await plain.twice()
      expect(heard.map(({ message }) => message)).toEqual([
        'Deadlock: `isLocked` of synchronized-services.ts waits for the lock of all `@synchronized` methods, which its own ' +
          'call chain holds since `twice` of synchronized-services.ts. Release it first, or use an RLock, which its holder may take again.',
      ])
    })

    it('holds the lock until a generator is done', async () => {
      const seen: number[] = []
      for await (const value of plain.values(3)) {
        expect(lock.locked).toBe(true)
        seen.push(value)
      }
      expect(seen).toEqual([0, 1, 2])
      expect(lock.locked).toBe(false)
      for await (const _ of plain.values(3)) break
      expect(lock.locked).toBe(false)
      const texts: string[] = []
      for await (const text of plain.reentered()) texts.push(text)
      expect(texts).toEqual(['inner', 'inner'])
    })

    it('accepts only locks, and only methods', () => {
      expect(() => synchronized(5 as never)).toThrow(
        new TypeError('Expected @synchronized to be given a Lock, an RLock or a Semaphore, got `5` (number)'),
      )
      expect(() => synchronized(lock)(5 as never)).toThrow(
        new TypeError('Expected @synchronized to be put on a method or given a function, got `5` (number)'),
      )
      expect(() => synchronized(class Foo {} as never)).toThrow(
        new TypeError('@synchronized decorates methods, not classes: put it on the methods that a worker is to run.'),
      )
    })
  })

  describe('@synchronized with @thread and @process', () => {
    it.each(['threadAbove', 'processAbove'] as const)('(%s) takes the lock in the worker', async (name) => {
      await expect(sided[name]()).resolves.toBe('worker holds')
    })

    it.each(['threadBelow', 'processBelow'] as const)('(%s) takes the lock in the caller', async (name) => {
      await expect(sided[name]()).resolves.toBe('worker holds not')
      const mine = await lock.acquire()
      const waits = sided[name]()
      await whenWaiting(lock, 1)
      mine()
      await waits
    })

    it('can decorate static methods and functions', async () => {
      await expect(Sided.threadAboveStatic()).resolves.toBe('worker holds')
      await expect(Sided.threadBelowStatic()).resolves.toBe('worker holds not')
      await expect(services.inThread()).resolves.toBe('worker holds not')
      await expect(services.threadOver()).resolves.toBe('worker holds')
    })

    it('returns a future if @thread stands above', async () => {
      const future = futureOf(sided.threadAbove())
      expect(future.number).toBeGreaterThan(0)
      await future
    })

    it('can be inherited, overridden and called through super', async () => {
      await expect(new Undecorated().threadBelow()).resolves.toBe('worker holds not')
      await expect(new Undecorated().inherited()).resolves.toBe('base of Undecorated')
      await expect(new SidedChild().inherited()).resolves.toBe('child, base of SidedChild')
      await expect(new Overriding().threadBelow()).resolves.toBe('overriding, worker')
      await expect(sided.threadBelow()).resolves.toBe('worker holds not')
    })

    it.each(['passAbove', 'passBelow'] as const)('(%s) holds the lock while a method calls another', async (name) => {
      const gate = new Gate()
      const own = new Sided()
      own.gate = gate.path
      const passing = own[name]()
      await gate.whenArrived()
      expect(lock.locked).toBe(true)
      gate.open()
      await expect(passing).resolves.toBe('passed')
      await whenFree(lock)
    })

    it('shares one lock between this thread, worker threads and worker processes', async () => {
      const path = scratchFile()
      const calls = Array.from({ length: 10 }, (_, n) => [
        sided.append(path, `thread ${n}`),
        sided.appendInProcess(path, `process ${n}`),
        sided.appendHere(path, `here ${n}`),
      ])
      await settled(Promise.all(calls.flat()))
      const written = lines(path)
      expect(written).toHaveLength(60)
      for (let i = 0; i < 60; i += 2) expect(written[i + 1]).toBe(written[i]?.replace('begins', 'ends'))
    })

    it('takes an RLock again in a decorated call that runs inline', async () => {
      await expect(settled(sided.again())).resolves.toBe('again inner')
    })

    it('holds the lock of a stream', async () => {
      const seen: string[] = []
      for await (const text of sided.streamAbove(2)) seen.push(text)
      for await (const text of sided.streamBelow(2))
        seen.push(`${text}, ${lock.locked ? 'parent holds' : 'nobody holds'}`)
      expect(seen).toEqual(['worker holds', 'worker holds', ...Array(2).fill('worker holds not, parent holds')])
    })

    it('can be scheduled on a pool; the worker then takes the lock', async () => {
      await using threads = new ThreadPool({ maxWorkers: 1 })
      await using processes = new ProcessPool({ maxWorkers: 1 })
      await expect(threads.schedule(sided.threadAbove, { self: sided })).resolves.toBe('worker holds')
      await expect(threads.schedule(sided.threadBelow, { self: sided })).resolves.toBe('worker holds')
      await expect(processes.schedule(sided.processBelow, { self: sided })).resolves.toBe('worker holds')
      await expect(threads.submit(services.inThread)).resolves.toBe('worker holds')
    })

    it('has callbacks', async () => {
      const own = new Sided()
      const results: unknown[] = []
      callbacks(own, own.threadBelow).callback = (_id, result) => results.push(result)
      callbacks(own, 'threadAbove').callback = (_id, result) => results.push(result)
      await own.threadBelow()
      await own.threadAbove()
      await sided.threadAbove()
      expect(results).toEqual(['worker holds not', 'worker holds'])
    })

    it('runs in the calling thread in eager mode', async () => {
      configure({ eager: true })
      try {
        await expect(sided.threadAbove()).resolves.toBe('parent holds')
        await expect(sided.threadBelow()).resolves.toBe('parent holds')
        await expect(sided.again()).resolves.toBe('again inner')
      } finally {
        configure({ eager: undefined })
      }
    })
  })

  /** https://github.com/noxdafox/pebble/blob/master/test/test_pebble.py, TestSynchronizedDecorator */
  describe("the cases of Pebble's tests", () => {
    it('the docstring of the original function is preserved: its name and text', () => {
      expect(Plain.prototype.bare.name).toBe('bare')
    })

    it('the lock is acquired during the execution of a decorated function', async () => {
      const held = synchronized(() =>
        synchronized.lock.acquire({ timeout: 0 }).then(
          () => true,
          () => false,
        ),
      )
      warnings()
      await expect(held()).resolves.toBe(false)
    })

    it('the lock is released after it', async () => {
      await synchronized(() => undefined)()
      const release = await synchronized.lock.acquire({ timeout: 0 })
      release()
    })

    it('a custom semaphore is acquired during it', async () => {
      warnings()
      const held = synchronized(semaphore)(() =>
        semaphore.acquire({ timeout: 0 }).then(
          () => true,
          () => false,
        ),
      )
      await expect(held()).resolves.toBe(false)
    })

    it('a custom semaphore is released after it', async () => {
      await synchronized(semaphore)(() => undefined)()
      const release = await semaphore.acquire({ timeout: 0 })
      release()
    })
  })

  it('a lock of another copy of the library is accepted', async () => {
    const other = await isolated()
    await expect(synchronized(new other.Lock())(() => 5)()).resolves.toBe(5)
  })
}

/** A second evaluation of the library, as after `jest.resetModules()`. */
async function isolated(): Promise<{ Lock: typeof Lock }> {
  let copy!: { Lock: typeof Lock }
  jest.isolateModules(() => {
    copy = require('pebble-ts') as typeof copy
  })
  return Promise.resolve(copy)
}

/** Both dialects test the same services. */
export function describeSameText(name: string): void {
  it('both dialects test the same services', () => {
    const text = (dialect: string): string => readFileSync(`${__dirname}/../${dialect}/${name}`, 'utf8')
    expect(text('legacy')).toBe(text('stage3'))
  })
}
