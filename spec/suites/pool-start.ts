import { PoolError, ProcessExpired, SerializationError, ThreadExpired, TimeoutError } from 'pebble-ts'
import * as initializers from '../fixtures/pools/initializers'
import * as tasks from '../fixtures/pools/tasks'
import { Gate, lines, scratchFile } from '../support/gate'
import type { Kind } from '../support/setup'
import { stderr } from '../support/stderr'
import { failure, settled, until } from '../support/until'
import { endless, makePool, solo } from './pool-kit'

/** How often a pool tries to start a worker. */
const TRIES = 3
const INITIALIZER = '`(anonymous)` of initializers.ts'

/** The start of workers, and what happens to a pool whose workers do not start. */
export function describeStart(kind: Kind): void {
  const Expired = kind === 'thread' ? ThreadExpired : ProcessExpired

  describe('initializer', () => {
    test('runs before the first call, with its arguments', async () => {
      const pool = solo(kind, { initializer: initializers.remember, initArgs: ['a', { b: 1 }] })
      expect(await settled(pool.schedule(initializers.recall))).toEqual(['a', { b: 1 }])
    })

    test('can be asynchronous or a wrapped function', async () => {
      const later = solo(kind, { initializer: initializers.rememberLater, initArgs: [scratchFile(), 'later'] })
      const wrapped = solo(kind, { initializer: initializers.rememberWrapped, initArgs: ['wrapped'] })
      expect(await settled(later.schedule(initializers.recall))).toEqual(['later'])
      expect(await settled(wrapped.schedule(initializers.recall))).toEqual(['wrapped'])
    })

    test('runs once in every worker that starts, replacements included', async () => {
      const log = scratchFile()
      const pool = makePool(kind, {
        maxWorkers: 2,
        maxTasks: 3,
        initializer: initializers.rememberLater,
        initArgs: [log, 'started'],
      })
      const told = await settled(Promise.all(Array.from({ length: 12 }, () => pool.schedule(initializers.recall))))
      expect(told.every(([text]) => text === 'started')).toBe(true)
      pool.close()
      await settled(pool.join())
      expect(lines(log).length).toBeGreaterThanOrEqual(4)
      expect(lines(log).length).toBeLessThanOrEqual(pool.stats().started)
    })

    test('whose arguments cannot be sent makes the constructor of the pool throw', () => {
      const make = (): unknown => makePool(kind, { initializer: initializers.remember, initArgs: [{ fn: () => 1 }] })
      expect(make).toThrow(SerializationError)
      expect(make).toThrow('`initArgs[0].fn`')
    })
  })

  describe('an initializer that throws', () => {
    test('breaks the pool, and pending and later calls get a PoolError with the cause', async () => {
      const log = scratchFile()
      const pool = makePool(kind, { maxWorkers: 2, initializer: initializers.throwAtStart, initArgs: [log] })
      const futures = Array.from({ length: 5 }, () => pool.schedule(tasks.where))
      for (const future of futures) {
        const error = await failure<PoolError>(future)
        expect(error).toBeInstanceOf(PoolError)
        expect(error.message).toBe(`The pool is broken: the initializer ${INITIALIZER} threw RangeError: cannot start`)
        expect(error.reason).toBe('broken')
        expect(error.cause).toBeInstanceOf(RangeError)
      }
      expect(pool.active).toBe(false)
      expect(pool.stats().state).toBe('broken')
      const later = await failure<PoolError>(pool.schedule(tasks.where))
      expect([later.code, (later.cause as Error).message]).toEqual(['ERR_PEBBLE_POOL', 'cannot start'])
      expect(lines(log).length).toBeLessThanOrEqual(2)
    })

    test('leaves the pool joinable at once', async () => {
      const pool = solo(kind, { initializer: initializers.throwAtStart, initArgs: [scratchFile()] })
      await failure(pool.schedule(tasks.where))
      await settled(pool.join())
      pool.close()
      pool.stop()
      await settled(pool.join())
      expect(pool.stats()).toMatchObject({ workers: 0, pending: 0, state: 'broken' })
    })

    test('can throw any value', async () => {
      const pool = solo(kind, { initializer: initializers.rejectAtStart })
      const error = await failure<PoolError>(pool.schedule(tasks.where))
      expect(error).toBeInstanceOf(PoolError)
      expect(error.cause).toEqual({ reason: 'a plain object' })
      expect(error.message).toBe(
        `The pool is broken: the initializer ${INITIALIZER} threw { reason: 'a plain object' }`,
      )
    })

    test('can throw undefined', async () => {
      const pool = solo(kind, { initializer: initializers.throwUndefined })
      expect((await failure(pool.schedule(tasks.where))).message).toMatch(/ threw undefined$/)
      expect([pool.active, pool.stats().started]).toEqual([false, 1])
    })

    test('in a later worker fails waiting calls and lets running ones finish', async () => {
      const [log, gate] = [scratchFile(), new Gate()]
      const pool = makePool(kind, { maxWorkers: 2, initializer: initializers.throwLater, initArgs: [log] })
      const running = pool.schedule(tasks.pass, { args: [gate.path] })
      await gate.whenArrived()
      const waiting = pool.schedule(tasks.pass, { args: [gate.path] })
      expect((await failure<PoolError>(waiting)).cause).toMatchObject({ message: 'only once' })
      gate.open()
      expect(await settled(running)).toBe('passed')
    })
  })

  test('an initializer that exits breaks the pool after a bounded number of tries', async () => {
    const log = scratchFile()
    const pool = solo(kind, { initializer: initializers.exitAtStart, initArgs: [log] })
    const errors = await Promise.all([1, 2, 3].map(() => failure<PoolError>(pool.schedule(tasks.where))))
    for (const error of errors) {
      expect(error).toBeInstanceOf(PoolError)
      expect(error.cause).toBeInstanceOf(Expired)
      expect(error.cause).toMatchObject({ exitCode: 3 })
      expect(error.message).toContain('exited with code 3 before it could serve a call')
    }
    expect(lines(log)).toHaveLength(TRIES)
    expect(pool.stats()).toMatchObject({ state: 'broken', started: TRIES })
  })

  describe.each([
    ['waits for ever', initializers.waitAtStart],
    ['never gives way', initializers.spinAtStart],
  ])('an initializer that %s', (_what, initializer) => {
    test('breaks the pool after initTimeout', async () => {
      const pool = solo(kind, { initializer, initArgs: [new Gate().path], initTimeout: 1_500 })
      const error = await failure<PoolError>(pool.schedule(tasks.where))
      expect(error).toBeInstanceOf(PoolError)
      expect(error.cause).toBeInstanceOf(TimeoutError)
      expect(error.message).toEqual(
        expect.stringMatching(
          /^The pool is broken: The initializer `\(anonymous\)` of initializers\.ts did not return within 1500 ms \(limit `initTimeout: 1500`\)\.$/,
        ),
      )
      await settled(pool.join())
    })

    test('leaves calls cancellable, and the pool can be closed and joined', async () => {
      const gate = new Gate()
      const pool = solo(kind, { initializer, initArgs: [gate.path] })
      const futures = [1, 2].map(() => pool.schedule(tasks.where))
      await gate.whenArrived()
      for (const future of futures) expect(future.cancel()).toBe(true)
      pool.close()
      await settled(pool.join(), 'the pool to end')
      expect(pool.stats().workers).toBe(0)
    })

    test('does not stop queueTimeout', async () => {
      const gate = new Gate()
      const pool = solo(kind, { initializer, initArgs: [gate.path] })
      expect(await failure(pool.schedule(tasks.where, { queueTimeout: 50 }))).toBeInstanceOf(TimeoutError)
    })

    test('leaves the pool stoppable and joinable', async () => {
      const gate = new Gate()
      const pool = solo(kind, { initializer, initArgs: [gate.path] })
      const future = endless(pool.schedule(tasks.where))
      await gate.whenArrived()
      pool.stop()
      expect(future.cancelled()).toBe(true)
      await settled(pool.join(), 'the pool to end')
    })

    test('makes join(timeout) of a closed pool reject', async () => {
      const pool = solo(kind, { initializer, initArgs: [new Gate().path], name: 'stuck' })
      endless(pool.schedule(tasks.where))
      pool.close()
      const error = await failure<TimeoutError>(pool.join(100))
      expect(error).toBeInstanceOf(TimeoutError)
      expect(error.message).toBe("'stuck' was not done after 100 ms: 1 calls are left.")
    })
  })

  test('a pool whose workers do not start fails its maps as well', async () => {
    const pool = solo(kind, { initializer: initializers.exitAtStart, initArgs: [scratchFile()] })
    const iterate = async (): Promise<void> => {
      for await (const value of pool.map(tasks.echo, [1, 2, 3])) throw new Error(`got ${value}`)
    }
    expect(await failure(iterate())).toBeInstanceOf(PoolError)
  })

  if (kind === 'process') {
    describe('processes that die before they serve break the pool after a bounded number of tries', () => {
      test('because of an option that Node.js does not know', async () => {
        stderr()
        const pool = makePool(kind, { maxWorkers: 2, context: { execArgv: ['--no-such-option-of-node'] } })
        const futures = Array.from({ length: 5 }, () => pool.schedule(tasks.where))
        for (const future of futures) {
          const error = await failure<PoolError>(future, 'the pool to give up')
          expect(error).toBeInstanceOf(PoolError)
          expect(error.cause).toBeInstanceOf(ProcessExpired)
          expect(error.message).toContain('bad option: --no-such-option-of-node')
        }
        expect(pool.stats().started).toBeLessThanOrEqual(TRIES + 1)
        expect(pool.active).toBe(false)
        await settled(pool.join())
      })

      test.each([
        ['a program that does not exist', { execPath: '/no/such/node' }],
        ['a folder that does not exist', { cwd: '/no/such/folder' }],
      ])('because of %s', async (_what, context) => {
        const pool = solo(kind, { context })
        const error = await failure<PoolError>(pool.schedule(tasks.where))
        expect(error).toBeInstanceOf(PoolError)
        expect(error.message).toContain('could not be started')
        expect(error.message).toContain('ENOENT')
        expect(pool.stats().started).toBe(TRIES)
      })
    })
  }

  test('a pool whose workers cannot start does not affect other pools', async () => {
    const broken = solo(kind, { initializer: initializers.throwAtStart, initArgs: [scratchFile()] })
    await failure(broken.schedule(tasks.where))
    expect(await settled(solo(kind).schedule(tasks.add, { args: [1, 1] }))).toBe(2)
    await until(() => broken.stats().workers === 0, 'its workers to end')
  })
}
