/** Waits for several futures, with a fake clock. */
import { CancelledError, TimeoutError } from '../../src/errors'
import type { Flavour, Future } from '../../src/futures/future'
import { asCompleted, wait, type WaitForOptions } from '../../src/futures/wait'
import { FakeClock } from '../support/clock'
import { CountedSignal, turns } from '../support/leftovers'
import { cancel, fail, finish, open } from './open-futures'

type Deed = 'finish' | 'fail' | 'cancel'

const settle = (future: Future<unknown>, deed: Deed): void => {
  if (deed === 'finish') finish(future, 1)
  else if (deed === 'fail') fail(future, new RangeError('no'))
  else cancel(future, new CancelledError())
}

const several = (count: number, flavour?: Flavour): Array<Future<unknown>> =>
  Array.from({ length: count }, () => open({ flavour }))

let clock: FakeClock
let counted: CountedSignal

beforeEach(() => {
  clock = new FakeClock()
  counted = new CountedSignal()
})

afterEach(() => expect([clock.timers, counted.listeners]).toEqual([[], 0]))

describe('wait', () => {
  type When = NonNullable<WaitForOptions['returnWhen']>

  /** The number of `deeds`, one for each future in turn, after which it returns. */
  async function deedsUntilBack(deeds: readonly Deed[], options: WaitForOptions, flavour: Flavour): Promise<number> {
    const futures = several(deeds.length, flavour)
    let back = false
    void wait(futures, options).then(({ done, notDone }) => {
      back = true
      expect([...done, ...notDone]).toEqual(futures)
      expect([...done].every((future) => future.done())).toBe(true)
    })
    for (const [index, deed] of deeds.entries()) {
      await turns(2)
      if (back) return index
      settle(futures[index] as Future<unknown>, deed)
    }
    await turns(2) // an unhandled rejection fails the test
    return back ? deeds.length : Infinity
  }

  const cases: Array<[When | undefined, Deed[], number]> = [
    [undefined, ['finish', 'fail', 'cancel'], 3],
    ['allCompleted', ['fail', 'cancel', 'finish'], 3],
    ['firstCompleted', ['finish', 'finish'], 1],
    ['firstCompleted', ['fail', 'finish'], 1],
    ['firstCompleted', ['cancel', 'finish'], 1],
    ['firstException', ['finish', 'cancel', 'fail', 'finish'], 3],
    ['firstException', ['fail', 'finish'], 1],
    ['firstException', ['finish', 'cancel'], 2],
  ]

  test.each(cases)('until %s returns, with %p, after %i', async (returnWhen, deeds, expected) => {
    for (const flavour of ['concurrent', 'asynchronous'] as const) {
      expect(await deedsUntilBack(deeds, { returnWhen }, flavour)).toBe(expected)
    }
  })

  test.each(cases)('until %s returns at once if that is the case already (%p)', async (returnWhen, deeds, expected) => {
    const futures = several(deeds.length)
    deeds.slice(0, expected).forEach((deed, index) => settle(futures[index] as Future<unknown>, deed))
    const waiting = wait(futures, { returnWhen, timeout: 50, signal: counted.signal })
    expect([clock.timers, counted.listeners]).toEqual([[], 0])
    const { done, notDone } = await waiting
    expect([[...done], [...notDone]]).toEqual([futures.slice(0, expected), futures.slice(expected)])
    await turns()
  })

  test('counts futures that were done before', async () => {
    const [one, other] = several(2) as [Future<unknown>, Future<unknown>]
    finish(one)
    const waiting = wait([one, other, one], { returnWhen: 'firstException' })
    finish(other)
    expect(await waiting).toEqual({ done: new Set([one, other]), notDone: new Set() })
  })

  test('returns the futures that are done when its limit passes, not before', async () => {
    const futures = several(2)
    let back: { done: Set<unknown>; notDone: Set<unknown> } | undefined
    void wait(futures, { timeout: 50 }).then((sets) => (back = sets))
    finish(futures[1] as Future<unknown>)
    await clock.pass(49)
    expect(back).toBeUndefined()
    await clock.pass(1)
    expect(back).toEqual({ done: new Set([futures[1]]), notDone: new Set([futures[0]]) })
  })

  test('ends when its signal aborts, before or during the wait; the calls go on', async () => {
    const futures = several(2)
    const waiting = wait(futures, { timeout: 50, signal: counted.signal })
    counted.abort('enough')
    for (const promise of [waiting, wait(futures, { signal: counted.signal })]) {
      await expect(promise).rejects.toMatchObject({ code: 'ERR_PEBBLE_CANCELLED', cause: 'enough' })
    }
    expect(futures.map((future) => future.done())).toEqual([false, false])
  })
})

describe('asCompleted', () => {
  /** The compiler assumes that `for await` awaits the values of any async iterable. */
  const completed = (...args: Parameters<typeof asCompleted>): AsyncIterable<unknown> => asCompleted(...args)

  test.each(['concurrent', 'asynchronous'] as const)(
    'gives each once, in the order in which they are done (%s)',
    async (flavour) => {
      const futures = several(4, flavour) as [Future<unknown>, Future<unknown>, Future<unknown>, Future<unknown>]
      finish(futures[2])
      fail(futures[1], new RangeError('no'))
      const order: number[] = []
      const iterating = (async () => {
        for await (const future of completed([...futures, futures[1]])) order.push(futures.indexOf(future as never))
      })()
      await turns()
      expect(order).toEqual([1, 2]) // in the order of the list
      cancel(futures[3], new CancelledError())
      await turns()
      expect(order).toEqual([1, 2, 3])
      finish(futures[0])
      await iterating
      expect(order).toEqual([1, 2, 3, 0])
    },
  )

  test('answers several calls of next() in order', async () => {
    const [one, other] = several(2) as [Future<unknown>, Future<unknown>]
    const iterator = asCompleted([one, other])
    expect(iterator[Symbol.asyncIterator]()).toBe(iterator)
    const asked = [iterator.next(), iterator.next(), iterator.next()]
    finish(other)
    finish(one)
    const given = await Promise.all(asked)
    expect(given.map(({ done }) => done)).toEqual([false, false, true])
    expect([given[0]?.value === other, given[1]?.value === one]).toEqual([true, true])
  })

  test('limits the whole iteration, from the first call of next(); a pending next() rejects at the end of it', async () => {
    const futures = several(3) as [Future<unknown>, Future<unknown>, Future<unknown>]
    const iterator = asCompleted(futures, { timeout: 100 })
    await clock.pass(500) // next() was not called yet
    const first = iterator.next()
    await clock.pass(60)
    finish(futures[0])
    expect((await first).value === futures[0]).toBe(true)
    const asked = [iterator.next(), iterator.next()].map((next) => next.catch((error: unknown) => error))
    await clock.pass(39)
    expect(clock.timers).toEqual([1])
    await clock.pass(1)
    const error = await asked[0]
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).toMatchObject({ message: '2 of 3 futures were not done after 100 ms.', timeout: 100 })
    expect(await asked[1]).toEqual({ done: true, value: undefined })
  })

  test('yields the futures that are done even if the limit has passed meanwhile, and then rejects', async () => {
    const futures = several(2) as [Future<unknown>, Future<unknown>]
    const iterator = asCompleted(futures, { timeout: 100 })
    const first = iterator.next()
    finish(futures[1])
    await first
    await clock.pass(150)
    const next = iterator.next()
    await turns()
    expect(clock.timers).toEqual([1]) // at once
    const failure = next.catch((error: unknown) => error)
    await clock.pass(1)
    expect(await failure).toBeInstanceOf(TimeoutError)
  })

  test('ends when its signal aborts, before or during the iteration', async () => {
    const during = asCompleted(several(1), { signal: counted.signal })
    const waiting = during.next()
    await turns()
    counted.abort('enough')
    const before = asCompleted(several(1), { signal: counted.signal })
    for (const [next, iterator] of [
      [waiting, during],
      [before.next(), before],
    ] as const) {
      // prettier-ignore
      await expect(next).rejects.toMatchObject({ code: 'ERR_PEBBLE_CANCELLED', cause: 'enough' })
      expect(await iterator.next()).toEqual({ done: true, value: undefined })
    }
  })

  test('ends a pending next() when it is left', async () => {
    const iterator = asCompleted(several(1), { timeout: 100, signal: counted.signal })
    const waiting = iterator.next()
    await turns()
    expect([clock.timers.length, counted.listeners]).toEqual([1, 1])
    expect(await iterator.return?.()).toEqual({ done: true, value: undefined })
    expect(await waiting).toEqual({ done: true, value: undefined })
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
  })
})

describe('bad input', () => {
  const both = [
    ['wait()', (...args: unknown[]) => wait(...(args as [never]))],
    ['asCompleted()', async (...args: unknown[]) => asCompleted(...(args as [never]))],
  ] as const

  test.each(both)('of %s is refused, even if there is nothing to wait for', async (where, call) => {
    const known = where === 'wait()' ? '`timeout`, `signal`, `returnWhen`' : '`timeout`, `signal`'
    const wrong: Array<[unknown[], Error]> = [
      [[[1]], new TypeError('Expected an iterable of futures: what a decorated method returned, or futureOf(promise)')],
      [[[], { timeout: 'Foo' }], new TypeError('Expected `timeout` to be a number, at least 0, got `"Foo"` (string)')],
      [[[], { timeout: -1 }], new RangeError('Expected `timeout` to be a number, at least 0, got `-1` (number)')],
      [[[], { signal: 1 }], new TypeError('Expected `signal` to be an AbortSignal, got `1` (number)')],
      [[[], { tiemout: 1 }], new TypeError('Unknown option `tiemout`; did you mean `timeout`?')],
      [[[], { frobnicate: 1 }], new TypeError(`Unknown option \`frobnicate\`; ${where} takes ${known}`)],
    ]
    for (const [args, error] of wrong) await expect(call(...args)).rejects.toEqual(error)
    await expect(call([], {})).resolves.toBeDefined()
  })

  test('in `returnWhen` is refused', async () => {
    await expect(wait([], { returnWhen: 'FIRST' as never })).rejects.toThrow(
      new TypeError('Expected `returnWhen` to be "firstCompleted", "firstException" or "allCompleted", got `"FIRST"` (string)'), // prettier-ignore
    )
  })
})
