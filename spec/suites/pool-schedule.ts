import { Future, ProcessFuture, SerializationError } from 'pebble-ts'
import type { ProcessPool, ThreadPool } from 'pebble-ts'
import * as tasks from '../fixtures/pools/tasks'
import { services, wrapped } from '../fixtures/pools/services'
import type { Kind } from '../support/setup'
import { failure, settled, until } from '../support/until'
import { warnings } from '../support/warnings'
import { idOf, makePool, solo, type AnyPool } from './pool-kit'

/** `schedule` and `submit`: functions, results, errors, values that cannot be sent. */
export function describeSchedule(kind: Kind): void {
  const submit = <R>(pool: AnyPool, fn: (...args: never[]) => R, ...args: unknown[]): Future<Awaited<R>> =>
    kind === 'thread'
      ? (pool as unknown as ThreadPool).submit(fn, ...(args as never[]))
      : (pool as unknown as ProcessPool).submit(fn, null, ...(args as never[]))

  describe('schedule', () => {
    test('returns a future of the result', async () => {
      const future = makePool(kind).schedule(tasks.add, { args: [1, 2] })
      expect(future).toBeInstanceOf(kind === 'thread' ? Future : ProcessFuture)
      expect(future.done()).toBe(false)
      expect(await settled(future)).toBe(3)
      expect([future.done(), future.cancelled(), future.running()]).toEqual([true, false, false])
    })

    test('runs the function in a worker', async () => {
      const there = await settled(makePool(kind).schedule(tasks.where))
      expect(idOf(there)).not.toBe(idOf({ pid: process.pid, threadId: 0 }))
      expect(there.pid === process.pid).toBe(kind === 'thread')
    })

    test('passes kwargs as the last argument', async () => {
      const pool = solo(kind)
      expect(await settled(pool.schedule(tasks.all, { args: [1, 2], kwargs: { depth: 3 } }))).toEqual([
        1,
        2,
        { depth: 3 },
      ])
      expect(await settled(pool.schedule(tasks.all, { kwargs: {} }))).toEqual([{}])
      expect(await settled(pool.schedule(tasks.all))).toEqual([])
    })

    test('awaits the promise of an asynchronous function', async () => {
      expect(await settled(makePool(kind).schedule(tasks.echoLater, { args: ['later'] }))).toBe('later')
    })

    test('runs wrapped functions, static methods, and methods of an instance with its fields', async () => {
      const pool = solo(kind)
      const Service = services[kind]
      expect(await settled(pool.schedule(wrapped[kind], { args: [21] }))).toBe(42)
      expect(await settled(pool.schedule(Service.shout, { args: ['hey'] }))).toBe(`${Service.name} HEY`)
      const ann = new Service('Ann')
      expect(await settled(pool.schedule(ann.greet, { args: ['Bob'] }))).toBe('Ann greets Bob')
      const greet = Service.prototype.greet
      expect(await settled(pool.schedule(greet, { args: ['Bob'], self: ann }))).toBe('Ann greets Bob')
      const error = await failure(pool.schedule(greet, { args: ['Bob'] }))
      expect(error).toBeInstanceOf(TypeError)
      expect(error.message).toMatch(
        /^Cannot schedule `greet` of .* without its instance: all instances share this function\. Pass/,
      )
      expect((await failure<Error>(pool.map(greet, ['Bob']))).message).toBe(error.message)
      expect(() => pool.schedule(greet, { args: ['Bob'], self: {} })).toThrow(
        /^Expected `self` to be an instance that has `.*greet` of .*, got `\{\}` \(object\)$/,
      )
      expect(await settled(pool.map(greet, ['Bob'], { self: ann })[Symbol.asyncIterator]().next())).toMatchObject({
        value: 'Ann greets Bob',
      })
    })

    test('numbers its futures and gives each a UUID', async () => {
      const pool = solo(kind)
      const futures = [1, 2, 3].map((n) => pool.schedule(tasks.echo, { args: [n] }))
      expect(futures.map((future) => future.number)).toEqual([1, 2, 3])
      expect(new Set(futures.map((future) => future.id)).size).toBe(3)
      await settled(Promise.all(futures))
    })

    test('keeps the order of calls in one worker', async () => {
      const pool = solo(kind)
      const order: number[] = []
      const futures = Array.from({ length: 500 }, (_, n) => pool.schedule(tasks.echo, { args: [n] }))
      for (const future of futures) future.addDoneCallback(() => void future.then((n) => order.push(n as number)))
      expect(await settled(Promise.all(futures))).toEqual(Array.from({ length: 500 }, (_, n) => n))
      expect(order).toEqual(Array.from({ length: 500 }, (_, n) => n))
    })
  })

  test('submit takes the arguments one by one', async () => {
    const pool = solo(kind)
    expect(await settled(submit(pool, tasks.add, 20, 22))).toBe(42)
    expect(await settled(submit(pool, tasks.all))).toEqual([])
  })

  describe('done-callbacks', () => {
    test('receive the future of a result, of an error and of a cancellation', async () => {
      const pool = solo(kind)
      const heard: Array<Future<unknown>> = []
      const futures: Array<Future<unknown>> = [
        pool.schedule(tasks.add, { args: [1, 1] }),
        pool.schedule(tasks.fail, { args: ['no'] }),
        pool.schedule(tasks.add, { args: [2, 2] }),
      ]
      for (const future of futures) future.addDoneCallback((done) => heard.push(done))
      futures[2]?.cancel()
      await settled(Promise.allSettled(futures))
      expect(new Set(heard)).toEqual(new Set(futures))
      expect(futures.map((future) => future.cancelled())).toEqual([false, false, true])
    })

    test('that throw raise a warning, and the pool goes on', async () => {
      const heard = warnings()
      const pool = solo(kind)
      const future = pool.schedule(tasks.add, { args: [1, 1] })
      future.addDoneCallback(() => {
        throw new Error('in the callback')
      })
      expect(await settled(future)).toBe(2)
      await until(() => heard.length > 0, 'the warning')
      expect(heard).toMatchObject([{ detail: expect.stringContaining('in the callback') }])
      expect(await settled(pool.schedule(tasks.add, { args: [2, 2] }))).toBe(4)
    })

    test('can schedule more calls', async () => {
      const pool = solo(kind)
      const last = new Promise<number>((resolve) => {
        const again = (n: number): void => {
          if (n === 20) resolve(n)
          else pool.schedule(tasks.add, { args: [n, 1] }).addDoneCallback((done) => void done.then(again))
        }
        again(0)
      })
      expect(await settled(last)).toBe(20)
    })
  })

  describe('errors', () => {
    test('of the function keep their class, message, cause and position', async () => {
      const error = await failure<RangeError & { traceback: string }>(
        makePool(kind).schedule(tasks.fail, { args: ['went wrong'] }),
      )
      expect(error).toBeInstanceOf(RangeError)
      expect(error).toMatchObject({ name: 'RangeError', message: 'went wrong', cause: { message: 'the cause' } })
      expect(error.traceback).toMatch(/tasks\.ts:\d+:\d+/)
      expect(error.stack).toContain('pool-schedule.ts')
    })

    test('that are not Error objects are thrown unchanged', async () => {
      const pool = solo(kind)
      for (const value of ['text', null, undefined, { reason: 1 }, 0]) {
        expect(await failure<unknown>(pool.schedule(tasks.throwValue, { args: [value] }))).toEqual(value)
      }
    })

    test('arrive without the properties that cannot be sent', async () => {
      const error = await failure(makePool(kind).schedule(tasks.throwUncrossable))
      expect(error).toBeInstanceOf(Error)
      expect(error).toMatchObject({ message: 'with a function', code: 'E_FN' })
    })

    test('that are returned are results', async () => {
      const result = await settled(makePool(kind).schedule(tasks.returnError))
      expect(result).toBeInstanceOf(RangeError)
      expect(result.message).toBe('only returned')
    })

    test('do not affect the worker', async () => {
      const pool = solo(kind)
      const before = idOf(await settled(pool.schedule(tasks.where)))
      await failure(pool.schedule(tasks.fail, { args: ['no'] }))
      expect(idOf(await settled(pool.schedule(tasks.where)))).toBe(before)
    })
  })

  describe('values that cannot be sent', () => {
    test('among the arguments reject the future with their path, and the call does not throw', async () => {
      const pool = solo(kind)
      const future = pool.schedule(tasks.all, { args: [1, { deep: [() => 1] }] })
      const error = await failure<SerializationError>(future)
      expect(error).toBeInstanceOf(SerializationError)
      expect(error).toMatchObject({ code: 'ERR_PEBBLE_SERIALIZATION', path: 'args[1].deep[0]' })
      expect(error.message).toContain('`args[1].deep[0]`')
      expect(await settled(pool.schedule(tasks.add, { args: [1, 1] }))).toBe(2)
    })

    test('in the result reject the future with their path, and the worker goes on', async () => {
      const pool = solo(kind)
      const before = idOf(await settled(pool.schedule(tasks.where)))
      const error = await failure<SerializationError>(pool.schedule(tasks.returnFunction))
      expect(error).toBeInstanceOf(SerializationError)
      expect(error.path).toBe('result.deep[0]')
      expect(idOf(await settled(pool.schedule(tasks.where)))).toBe(before)
    })

    test('leave nothing behind in the pool', async () => {
      const pool = solo(kind)
      await failure(pool.schedule(tasks.all, { args: [() => 1] }))
      expect(pool.stats()).toMatchObject({ queued: 0, pending: 0 })
    })
  })

  describe('bad input is told at the call', () => {
    const refused = (what: () => unknown): Error => {
      try {
        what()
      } catch (error) {
        return error as Error
      }
      throw new Error('Expected it to throw')
    }

    test('a function that a worker could not find is refused', () => {
      const pool = makePool(kind)
      const how =
        ' a worker could not find it. Make it a task at the top level of its module, `export const work = task(fn)`, ' +
        'wrap it by thread(fn) or process(fn), or schedule a decorated method.'
      function plain(): void {
        // never called
      }
      expect(refused(() => pool.schedule(plain))).toEqual(
        new TypeError(`Cannot schedule the function \`plain\`:${how}`),
      )
      expect(refused(() => pool.schedule(() => 1))).toEqual(
        new TypeError(`Cannot schedule an anonymous function:${how}`),
      )
      expect(refused(() => pool.schedule(null as never))).toEqual(new TypeError(`Cannot schedule null:${how}`))
      expect(refused(() => pool.map(plain, []))).toEqual(new TypeError(`Cannot schedule the function \`plain\`:${how}`))
    })

    test('an unknown or wrong option is refused', () => {
      const pool = makePool(kind)
      const scheduled = (options: object) => refused(() => pool.schedule(tasks.add, options as never))
      expect(scheduled({ tiemout: 1 })).toEqual(new TypeError('Unknown option `tiemout`; did you mean `timeout`?'))
      expect(scheduled({ timeout: 'Foo' })).toEqual(
        new TypeError('Expected `timeout` to be a positive number, got `"Foo"` (string)'),
      )
      expect(scheduled({ timeout: 0 })).toBeInstanceOf(RangeError)
      expect(scheduled({ args: 5 })).toBeInstanceOf(TypeError)
      expect(scheduled({ kwargs: 5 })).toBeInstanceOf(TypeError)
      expect(scheduled({ signal: {} })).toBeInstanceOf(TypeError)
      expect(scheduled({ priority: Number.NaN })).toBeInstanceOf(TypeError)
      expect(pool.stats().pending).toBe(0)
    })

    test('wrong options of the pool are refused', () => {
      const made = (options: object) => refused(() => makePool(kind, options))
      const name = kind === 'thread' ? 'ThreadPool' : 'ProcessPool'
      expect(made({ maxWorkers: 0 })).toEqual(
        new RangeError('Expected `maxWorkers` to be a positive integer, got `0` (number)'),
      )
      expect(made({ maxWorkers: 1.5 })).toBeInstanceOf(RangeError)
      expect(made({ maxTasks: -1 })).toBeInstanceOf(RangeError)
      expect(made({ maxWorker: 1 })).toEqual(new TypeError('Unknown option `maxWorker`; did you mean `maxWorkers`?'))
      expect(made({ maxThreads: 1 })).toEqual(new TypeError('Unknown option `maxThreads`; did you mean `maxWorkers`?'))
      expect(made({ timeout: 1 })).toEqual(
        new TypeError(
          'Unknown option `timeout`; it is an option of calls: pass it to `schedule()`, to `map()` or to the decorator',
        ),
      )
      expect(made({ frobnicate: 1 }).message).toMatch(`Unknown option \`frobnicate\`; new ${name}() takes`)
      expect(made({ initializer: () => 1 })).toEqual(
        new TypeError(
          'Expected `initializer` to be a task: task(fn), a wrapped function or a decorated static method, ' +
            'got `[Function: initializer]` (function)',
        ),
      )
      expect(made({ initTimeout: 0 })).toBeInstanceOf(RangeError)
      expect(made({ whenFull: 'drop' }).message).toContain('"reject" or "wait"')
      expect(made({ resourceLimits: { maxOldGenerationSizeMB: 1 } }).message).toContain(
        'did you mean `resourceLimits.maxOldGenerationSizeMb`?',
      )
    })
  })
}
