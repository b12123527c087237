/** Futures without a pool: the spec settles them. */
import { CancelledError } from '../../src/errors'
import { Future, settledFromOutside } from '../../src/futures/future'
import { ProcessFuture } from '../../src/futures/process-future'
import { idBase, nextSerial, taskId } from '../../src/futures/task-id'
import { futureOf } from '../../src/futures/wait'
import { turns } from '../support/leftovers'
import { warnings } from '../support/warnings'
import { cancel, fail, finish, open, openProcess } from './open-futures'

const ERROR = new RangeError('no')
const CANCELLED = new CancelledError()

const endings = {
  finished: { settle: (future: Future<unknown>) => finish(future, 1), value: 1, cancelled: false },
  failed: { settle: (future: Future<unknown>) => fail(future, ERROR), value: ERROR, cancelled: false },
  cancelled: { settle: (future: Future<unknown>) => cancel(future, CANCELLED), value: CANCELLED, cancelled: true },
}

describe('a pending future', () => {
  test('asks its control whether the call is running', () => {
    for (const answer of [true, false]) {
      const control = { running: () => answer, cancel: () => answer, pid: 7 }
      const future = openProcess({ control })
      expect([future.done(), future.cancelled(), future.running()]).toEqual([false, false, answer])
      expect([future.cancel(), future.done(), future.pid]).toEqual([answer, false, 7])
    }
  })

  test('without a control neither runs nor can be cancelled', () => {
    const future = openProcess()
    expect([future.running(), future.cancel(), future.done(), future.pid]).toEqual([false, false, false, null])
    expect(future.peek()).toEqual({ state: 'pending', value: undefined })
  })

  test('has the given number, or 0, and its own id', () => {
    expect([open({ number: 3 }).number, open().number, openProcess({ number: 4 }).number]).toEqual([3, 0, 4])
    expect(open({ serial: 255 }).id).toBe(taskId(255))
    expect(openProcess({ serial: 256 }).id).toBe(taskId(256))
    expect(open().id).not.toBe(open().id)
  })

  test('returns plain promises from then, catch and finally', () => {
    const future = openProcess()
    for (const promise of [future.then(), future.catch(() => 0), future.finally(() => undefined)]) {
      expect(promise).not.toBeInstanceOf(Future)
      expect(() => futureOf(promise)).toThrow(new TypeError('Expected the promise that a decorated method returned; `await`, `then` and `async` wrappers make a plain one of it')) // prettier-ignore
    }
    expect(futureOf(future)).toBe(future)
  })
})

describe.each(Object.entries(endings))('a future that is %s', (state, { settle, value, cancelled }) => {
  test('stays done: it neither runs nor can be cancelled', async () => {
    const asked: string[] = []
    const future = open({
      control: { running: () => asked.push('running') > 0, cancel: () => asked.push('cancel') > 0 },
    })
    settle(future)
    expect([future.done(), future.running(), future.cancel(), future.cancelled()]).toEqual([true, false, false, cancelled]) // prettier-ignore
    expect(asked).toEqual([])
    expect(future.peek()).toEqual({ state, value })
    const outcome = await future.catch((error: unknown) => error)
    expect(outcome).toBe(value)
  })

  test('ignores further attempts to settle it', async () => {
    const future = open()
    let told = 0
    future.addDoneCallback(() => (told += 1))
    settle(future)
    for (const again of Object.values(endings)) again.settle(future)
    expect([told, future.peek().state]).toEqual([1, state])
    expect(await future.catch((error: unknown) => error)).toBe(value)
  })

  test('runs callbacks that are added while it is being settled, and is done for them', () => {
    const future = open()
    const heard: unknown[] = []
    future.addDoneCallback((it) => {
      heard.push('first', it, it.done(), it.cancelled())
      it.addDoneCallback(() => heard.push('from within'))
    })
    future.addDoneCallback(() => heard.push('second'))
    future.catch(() => undefined)
    expect(heard).toEqual([])
    settle(future)
    expect(heard).toEqual(['first', future, true, cancelled, 'from within', 'second'])
    future.addDoneCallback(() => heard.push('at once'))
    expect(heard.at(-1)).toBe('at once')
  })

  test('runs callbacks of the asynchronous flavour in a later turn, in order', async () => {
    for (const future of [open({ flavour: 'asynchronous' }), openProcess({ flavour: 'asynchronous' })]) {
      const heard: string[] = []
      future.catch(() => undefined)
      future.addDoneCallback(() => heard.push('before'))
      settle(future)
      future.addDoneCallback(() => heard.push('after'))
      await Promise.resolve()
      expect(heard).toEqual([])
      await turns(1)
      expect(heard).toEqual(['before', 'after'])
    }
  })
})

describe('the error of a call', () => {
  test('is returned by exception(): null if there is none, and thrown if the call was cancelled', async () => {
    const [good, bad, gone] = [open(), open(), open()]
    const asked = [good.exception(), bad.exception(), gone.exception()]
    finish(good, 1)
    fail(bad, ERROR)
    cancel(gone, CANCELLED)
    expect(await asked[0]).toBeNull()
    expect(await asked[1]).toBe(ERROR)
    await expect(asked[2]).rejects.toBe(CANCELLED)
  })

  test('raises no unhandledRejection if the call was cancelled, or if it was marked as handled', async () => {
    const cancelled = open({ control: { cancel: () => true } })
    cancelled.cancel()
    cancel(cancelled, CANCELLED)
    const told = open()
    told.markHandled()
    fail(told, ERROR)
    await turns() // an unhandled rejection fails the test
    await expect(told).rejects.toBe(ERROR)
  })
})

describe('callbacks that fail', () => {
  const MESSAGE = 'A callback of a future threw; the call and its future are not affected.'
  const throwing = (error: unknown) => (): never => {
    throw error
  }
  const rejecting: never = (() => Promise.reject(ERROR)) as never
  const bare = Object.assign(new Error('without a stack'), { stack: undefined })

  test('cause warnings, with the stack if there is one; the next ones run', async () => {
    const heard = warnings()
    for (const flavour of ['concurrent', 'asynchronous'] as const) {
      heard.length = 0
      const future = open({ flavour })
      let last = false
      for (const error of [ERROR, bare, 'a text']) future.addDoneCallback(throwing(error))
      future.addDoneCallback(rejecting)
      future.addDoneCallback(() => (last = true))
      finish(future, 1)
      await turns()
      expect(last).toBe(true)
      expect(heard.map(({ detail }) => detail)).toEqual([ERROR.stack, 'without a stack', 'a text', ERROR.stack])
      for (const { message, type } of heard) expect([message, type]).toEqual([MESSAGE, 'PebbleCallbackWarning'])
      expect(await future).toBe(1)
    }
  })

  test('because they are not functions are refused', () => {
    const future = open()
    expect(() => future.addDoneCallback('f' as never)).toThrow(
      new TypeError('Expected a function as the done-callback, got string'),
    )
    expect(() => future.onProgress(null as never)).toThrow(
      new TypeError('Expected a function as the progress listener, got object'),
    )
  })
})

describe('progress', () => {
  test('is passed to all listeners in order, and is ignored if there are none', () => {
    const future = open()
    Future.report(future, 0)
    const heard: unknown[] = []
    future.onProgress((progress) => heard.push(['one', progress]))
    Future.report(future, 1)
    future.onProgress((progress) => heard.push(['two', progress]))
    Future.report(future, undefined)
    expect(heard).toEqual([['one', 1], ['one', undefined], ['two', undefined]]) // prettier-ignore
  })

  test('continues if a listener throws', () => {
    const warned = warnings()
    const future = open()
    const heard: unknown[] = []
    future.onProgress(() => {
      throw ERROR
    })
    future.onProgress((progress) => heard.push(progress))
    Future.report(future, 1)
    expect(heard).toEqual([1])
    expect(warned).toMatchObject([{ type: 'PebbleCallbackWarning', detail: ERROR.stack }])
  })

  test('ends when the future is done, even if a listener causes that', () => {
    const future = open()
    const heard: string[] = []
    future.onProgress(() => finish(future, heard.push('first')))
    future.onProgress(() => heard.push('second'))
    Future.report(future, 1)
    Future.report(future, 2)
    future.onProgress(() => heard.push('late'))
    Future.report(future, 3)
    expect(heard).toEqual(['first'])
  })
})

describe('a future created by hand', () => {
  test('settles as its executor says, and is then done', async () => {
    const good = new Future<number>((resolve) => resolve(1))
    const bad = new ProcessFuture<number>((_resolve, reject) => reject(ERROR))
    expect([good.cancel(), good.running(), bad.pid]).toEqual([false, false, null])
    expect(await good).toBe(1)
    await expect(bad).rejects.toBe(ERROR)
    expect([good.peek(), bad.peek()]).toEqual([{ state: 'finished', value: 1 }, { state: 'failed', value: ERROR }]) // prettier-ignore
    expect([good.number, good.id === bad.id]).toEqual([0, false])
  })

  test('is done at once if created by resolve(), and is of that class', async () => {
    for (const Class of [Future, ProcessFuture]) {
      const future = Class.resolve(Promise.resolve('x'))
      expect(future).toBeInstanceOf(Class)
      expect(await future).toBe('x')
      expect(future.done()).toBe(true)
      expect(await Class.resolve()).toBeUndefined()
    }
  })

  test('runs its callbacks at once when it is done', async () => {
    const future = Future.resolve(1)
    const heard: unknown[] = []
    future.addDoneCallback((it) => heard.push(it))
    expect(heard).toEqual([])
    await future
    expect(heard).toEqual([future])
  })
})

describe('ids of tasks', () => {
  test('are random UUIDs, the same each time they are read, and in the worker, which has the key', () => {
    const [one, next] = [nextSerial(), nextSerial()]
    expect(next).toBe(one + 1)
    const ids = Array.from({ length: 1000 }, (_, n) => taskId(n))
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    for (const part of [8, 36]) expect(new Set(ids.map((id) => id.slice(part - 8, part))).size).toBeGreaterThan(990)
    expect(taskId(7)).toBe(taskId(7, idBase()))
    expect(taskId(7)).not.toBe(taskId(7, 'the key of another program'))
  })
})

test.each([
  ['finished', { status: 'fulfilled', value: 1 }],
  ['failed', { status: 'rejected', reason: 1 }],
] as const)(
  'a future that has %s is settled even if the failure of a callback cannot be reported',
  async (state, outcome) => {
    const future = new Future<number>(settledFromOutside)
    future.addDoneCallback(() => {
      throw new Error('thrown by a callback')
    })
    jest.spyOn(process, 'emitWarning').mockImplementation(() => {
      throw new Error('no warnings, please')
    })
    expect(() => Future.settle(future, state, 1)).toThrow('no warnings, please')
    expect(await Promise.allSettled([future])).toEqual([outcome])
  },
)
