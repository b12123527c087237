import { callbacks, futureOf } from 'pebble-ts'
import { Calls, heardByOptions, wrapped } from '../fixtures/callbacks'
import { Gate } from '../support/gate'
import { forEachKind } from '../support/setup'
import { failure, settled, until } from '../support/until'
import { warnings } from '../support/warnings'

type Traced = Error & { traceback: string }

forEachKind('callbacks', (kind) => {
  const Class = Calls[kind]
  type Instance = InstanceType<typeof Class>
  /** Gives an instance its own methods as callbacks. */
  const listen = (foo: Instance): Instance => {
    callbacks(foo, 'job').callback = foo.done
    callbacks(foo, 'wrong').errorCallback = foo.failed
    return foo
  }

  test('receive results and errors with the id, and have their instance as `this`', async () => {
    const foo = listen(new Class())
    const [job, wrong] = [futureOf(foo.job(21)), futureOf(foo.wrong())]
    await settled(job)
    await until(() => foo.heard.length === 2, 'both callbacks')
    expect(foo.heard).toContainEqual(['done', job.id, 42])
    const [, , error] = foo.heard.find((each) => (each as string[])[0] === 'failed') as [string, string, Traced]
    expect(error).toBeInstanceOf(RangeError)
    expect(error.traceback).toMatch(/^RangeError: Ops!\n\s+at .*callbacks\.ts:\d+:\d+/)
    expect(await failure(wrong)).toBe(error)
  })

  test('of one instance are not called for another', async () => {
    const [foo, other] = [listen(new Class()), new Class()]
    await settled(other.job(1))
    expect([foo.heard, other.heard]).toEqual([[], []])
    expect(callbacks(other, 'job').callback).toBeUndefined()
  })

  test('can be assigned to the method of an instance', async () => {
    const foo = new Class()
    ;(foo.job as { callback?: unknown }).callback = foo.done
    const future = futureOf(foo.job(2))
    await settled(future)
    expect(foo.heard).toEqual([['done', future.id, 4]])
    expect(callbacks(foo, foo.job).callback).toBe(foo.done)
    expect((new Class().job as { callback?: unknown }).callback).toBeUndefined()
  })

  test('are the ones that were set when the call was made', async () => {
    const foo = listen(new Class())
    const future = futureOf(foo.job(3))
    callbacks(foo, 'job').callback = undefined
    await settled(future)
    expect(foo.heard).toEqual([['done', future.id, 6]])
    await settled(foo.job(4))
    expect(foo.heard).toHaveLength(1)
  })

  test('of the class are the default for instances, and the callbacks of static methods', async () => {
    const heard: unknown[] = []
    callbacks(Class, 'job').callback = function (this: unknown, _id, result) {
      heard.push([this, result])
    }
    callbacks(Class, 'fixed').callback = function (this: unknown, _id, result) {
      heard.push([this, result])
    }
    try {
      const [foo, own] = [new Class(), listen(new Class())]
      await settled(Promise.all([foo.job(1), own.job(2), Class.fixed(3)]))
      expect(heard).toHaveLength(2)
      expect(heard).toEqual(expect.arrayContaining([[foo, 2], [Class, 3]])) // prettier-ignore
      expect(own.heard).toHaveLength(1)
    } finally {
      callbacks(Class, 'job').callback = undefined
      callbacks(Class, 'fixed').callback = undefined
    }
  })

  test('can be given as options', async () => {
    heardByOptions.length = 0
    const good = futureOf(new Class().told(false))
    await settled(good)
    const bad = futureOf(new Class().told(true))
    await failure(bad)
    expect(heardByOptions).toEqual([[good.id, 'result'], [bad.id, 'told']]) // prettier-ignore
  })

  test('work with wrapped functions as well', async () => {
    const heard: unknown[] = []
    wrapped[kind].callback = (_id, result) => heard.push(result)
    await settled(wrapped[kind](4))
    wrapped[kind].callback = undefined
    await settled(wrapped[kind](5))
    expect(heard).toEqual([8])
  })

  test('that throw raise a warning and leave the future and the pool untouched', async () => {
    const heard = warnings()
    const foo = new Class()
    callbacks(foo, 'job').callback = () => {
      throw new Error('a broken callback')
    }
    expect(await settled(foo.job(1))).toBe(2)
    await until(() => heard.length === 1, 'the warning')
    expect(heard[0]?.type).toBe('PebbleCallbackWarning')
    expect(heard[0]?.detail).toMatch(/^Error: a broken callback\n.*callbacks\.spec\.ts:\d+/)
    expect(await settled(new Class().job(2))).toBe(4)
  })

  test('receive the cancellation of a call as an error', async () => {
    const foo = new Class()
    callbacks(foo, 'hold').errorCallback = foo.failed
    const future = futureOf(foo.hold(new Gate().path))
    expect(future.cancel()).toBe(true)
    await until(() => foo.heard.length === 1, 'the callback')
    expect(foo.heard[0]).toEqual(['failed', future.id, await failure(future)])
  })

  test('refuse values that are not functions, and methods that are not decorated', () => {
    const foo = new Class()
    expect(() => (callbacks(foo, 'job').callback = 5 as never)).toThrow('Expected `callback` to be a function')
    expect(() => callbacks(foo, 'done' as never)).toThrow('is not decorated with @thread or @process')
    expect(() => callbacks(null as never, 'job' as never)).toThrow(TypeError)
  })
})
