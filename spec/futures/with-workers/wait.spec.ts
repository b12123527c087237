import { asCompleted, CancelledError, futureOf, TimeoutError, wait, Future } from 'pebble-ts'
import { jobs } from '../../fixtures/jobs'
import { Gate } from '../../support/gate'
import { forEachKind } from '../../support/setup'
import { failure, settled } from '../../support/until'

forEachKind('waiting for several futures', (kind) => {
  const job = jobs[kind]
  /** A future that is done once its gate opens. */
  const gated = (gate: Gate): Future<string> => futureOf(job.pass(gate.path))

  describe('wait', () => {
    test('returns all futures when all are done, failed ones included', async () => {
      const futures = [job.add(1, 1), job.fail('no'), job.add(2, 2)].map((promise) => futureOf<unknown>(promise))
      const { done, notDone } = await settled(wait(futures))
      expect([...done]).toEqual(futures)
      expect(notDone.size).toBe(0)
    })

    test('returns when the first future is done', async () => {
      const [never, soon] = [new Gate(), new Gate()]
      const futures = [gated(never), gated(soon)]
      soon.open()
      const { done, notDone } = await settled(wait(futures, { returnWhen: 'firstCompleted' }))
      expect([...done]).toEqual([futures[1]])
      expect([...notDone]).toEqual([futures[0]])
      futures[0]?.cancel()
    })

    test('returns when the first future fails', async () => {
      const never = gated(new Gate())
      const good = futureOf(job.add(1, 1))
      await settled(good)
      const bad = futureOf(job.fail('no'))
      const { done, notDone } = await settled(
        wait<Future<unknown>>([never, good, bad], { returnWhen: 'firstException' }),
      )
      expect(done).toEqual(new Set([good, bad]))
      expect(notDone).toEqual(new Set([never]))
      never.cancel()
    })

    test('returns the futures that are done when its limit passes', async () => {
      const never = gated(new Gate())
      const { done, notDone } = await settled(wait([never], { timeout: 20 }))
      expect([done.size, [...notDone]]).toEqual([0, [never]])
      never.cancel()
    })

    test('ends with CancelledError when its signal aborts; the calls go on', async () => {
      const gate = new Gate()
      const future = gated(gate)
      const abortion = new AbortController()
      const waiting = wait([future], { signal: abortion.signal })
      abortion.abort()
      expect(await failure(waiting)).toBeInstanceOf(CancelledError)
      expect(future.done()).toBe(false)
      gate.open()
      expect(await settled(future)).toBe('passed')
    })
  })

  describe('asCompleted', () => {
    /** The compiler assumes that `for await` awaits the values of any async iterable. */
    const completed = (...args: Parameters<typeof asCompleted>): AsyncIterable<unknown> => asCompleted(...args)

    test('yields the futures in the order in which they are done', async () => {
      const gates = [new Gate(), new Gate()]
      const futures = gates.map(gated)
      const order: number[] = []
      gates[1]?.open()
      for await (const future of completed(futures)) {
        expect(future).toBeInstanceOf(Future)
        order.push(futures.indexOf(future as Future<string>))
        gates[0]?.open()
        await settled(future as Future<string>)
      }
      expect(order).toEqual([1, 0])
    })

    test('yields failed futures; awaiting one throws its error', async () => {
      const future = futureOf(job.fail('no'))
      for await (const done of completed([future])) {
        expect(await failure(done as Future<never>)).toBeInstanceOf(RangeError)
      }
    })

    test('throws TimeoutError if some are not done in time', async () => {
      const never = gated(new Gate())
      const iterate = async (): Promise<void> => {
        for await (const future of completed([never], { timeout: 20 })) throw new Error(`Got ${String(future)}`)
      }
      const error = await failure<TimeoutError>(iterate())
      expect(error).toBeInstanceOf(TimeoutError)
      expect(error.message).toBe('1 of 1 futures were not done after 20 ms.')
      expect(error.timeout).toBe(20)
      never.cancel()
    })
  })
})

describe('unusual input', () => {
  test('an iteration that is left yields no more futures', async () => {
    const iterator = asCompleted([futureOf(jobs.thread.add(1, 1)), futureOf(jobs.thread.add(2, 2))])
    for await (const _ of iterator) break
    expect(await settled(iterator.next())).toEqual({ done: true, value: undefined })
  })

  test('an empty list of futures is done at once', async () => {
    expect(await settled(wait([]))).toEqual({ done: new Set(), notDone: new Set() })
    for await (const future of asCompleted([])) throw new Error(`Got ${String(future)}`)
  })

  test('an element that is not a future is refused', async () => {
    const expected = 'Expected an iterable of futures'
    expect((await failure(wait([1] as never))).message).toContain(expected)
    expect(() => asCompleted([Promise.resolve()] as never)).toThrow(expected)
  })

  test('an unknown `returnWhen` is refused', async () => {
    const error = await failure(wait([], { returnWhen: 'FIRST' as never }))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toBe(
      'Expected `returnWhen` to be "firstCompleted", "firstException" or "allCompleted", got `"FIRST"` (string)',
    )
  })
})
