/** Waits for futures, with a fake clock. */
import { CancelledError, TimeoutError } from '../../src/errors'
import type { Future } from '../../src/futures/future'
import { FakeClock } from '../support/clock'
import { CountedSignal, turns } from '../support/leftovers'
import { cancel, fail, finish, open } from './open-futures'

type Wait = (future: Future<unknown>, timeout?: number, options?: { signal: AbortSignal }) => Promise<unknown>

const waits: Record<string, { wait: Wait; what: string; outcome: unknown }> = {
  'result()': { wait: (future, ...limits) => future.result(...limits), what: 'the result', outcome: 1 },
  'get()': { wait: (future, ...limits) => future.get(...limits), what: 'the result', outcome: 1 },
  'exception()': { wait: (future, ...limits) => future.exception(...limits), what: 'the outcome', outcome: null },
}

/** The outcome of a promise so far. */
async function state(promise: Promise<unknown>): Promise<unknown> {
  let outcome: unknown = 'pending'
  promise.then(
    (value) => (outcome = ['value', value]),
    (error: unknown) => (outcome = error),
  )
  await turns(1)
  return outcome
}

let clock: FakeClock
let counted: CountedSignal

beforeEach(() => {
  clock = new FakeClock()
  counted = new CountedSignal()
})

describe.each(Object.entries(waits))('%s', (_name, { wait, what, outcome }) => {
  test('waits as long as it takes without a limit', async () => {
    const future = open()
    const waiting = wait(future)
    expect(clock.timers).toEqual([])
    expect(await state(waiting)).toBe('pending')
    finish(future, 1)
    expect(await waiting).toBe(outcome)
  })

  test('rejects when its limit passes, not before; the call goes on', async () => {
    const future = open()
    const waiting = wait(future, 50)
    await clock.pass(49)
    expect(await state(waiting)).toBe('pending')
    await clock.pass(1)
    const error = await state(waiting)
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).toMatchObject({ timeout: 50, message: `Waited 50 ms for ${what}, and it was not there; the call goes on.` }) // prettier-ignore
    expect(future.done()).toBe(false)
  })

  test.each(['value', 'limit', 'abort'])('leaves no timer and no listener if the %s comes first', async (first) => {
    const future = open()
    const waiting = wait(future, 50, { signal: counted.signal })
    expect([clock.timers.length, counted.listeners]).toEqual([1, 1])
    if (first === 'value') finish(future, 1)
    else if (first === 'limit') await clock.pass(50)
    else counted.abort()
    const outcome = await state(waiting)
    expect(outcome).not.toBe('pending')
    expect([clock.timers.length, counted.listeners]).toEqual([0, 0])
  })

  test('adds one listener to a signal for any number of waits: Node.js warns at eleven', async () => {
    const future = open()
    const waiting = Array.from({ length: 20 }, () => wait(future, undefined, { signal: counted.signal }))
    expect(counted.listeners).toBe(1)
    finish(future, 1)
    expect(await Promise.all(waiting)).toEqual(Array.from({ length: 20 }, () => outcome))
    expect(counted.listeners).toBe(0)
  })

  test('ends when its signal aborts, with the reason as the cause; the call goes on', async () => {
    const future = open()
    const waiting = [wait(future, undefined, { signal: counted.signal }), wait(future, 50, { signal: counted.signal })]
    counted.abort('enough')
    waiting.push(wait(future, 50, { signal: counted.signal })) // the signal has aborted already
    for (const promise of waiting) {
      const error = await state(promise)
      expect(error).toBeInstanceOf(CancelledError)
      expect(error).toMatchObject({ message: 'The wait was cancelled by its signal.', cause: 'enough' })
    }
    expect(future.done()).toBe(false)
  })

  test.each([
    ['Foo', '`"Foo"` (string)'],
    [-1, '`-1` (number)'],
    [Number.NaN, '`NaN` (number)'],
    [null, '`null` (null)'],
  ])('refuses the limit %p', (timeout, shown) => {
    const message = `Expected \`timeout\` to be a number of ms, at least 0, got ${shown}`
    expect(() => wait(open(), timeout as never)).toThrow(new TypeError(message))
  })

  test('accepts 0, which passes at once, and Infinity, which never passes', async () => {
    const waiting = [wait(open(), 0), wait(open(), Infinity)]
    await clock.pass(1)
    expect(await state(waiting[0] as Promise<unknown>)).toBeInstanceOf(TimeoutError)
    expect(clock.timers).toEqual([])
    expect(await state(waiting[1] as Promise<unknown>)).toBe('pending')
  })
})

test('the error of a call is thrown unchanged, also with a signal', async () => {
  const [failed, cancelled] = [open(), open()]
  const limits = [50, { signal: counted.signal }] as const
  const waiting = [failed.result(...limits), cancelled.result(...limits), failed.exception(...limits), cancelled.exception(...limits)] // prettier-ignore
  const [error, cancellation] = [new RangeError('no'), new CancelledError()]
  fail(failed, error)
  cancel(cancelled, cancellation)
  expect(await Promise.all(waiting.map(state))).toEqual([error, cancellation, ['value', error], cancellation])
  expect([clock.timers, counted.listeners]).toEqual([[], 0])
})
