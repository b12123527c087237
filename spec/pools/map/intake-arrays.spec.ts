/** A map takes many elements of an array at once, and sees the same elements as its iterator. */
import { Intake } from '../../../src/pools/map/intake'
import { Iterables } from '../../../src/pools/map/map-arguments'
import { Context } from '../../../src/utils/async-context'

interface Taken {
  readonly chunks: unknown[][]
  readonly errors: unknown[]
  readonly intake: Intake
  taken: number
}

/** Takes all elements, in chunks of `chunkSize`. `onSend` runs after each chunk. */
function take(iterables: Iterable<unknown>[], chunkSize: number, onSend = (_intake: Intake): void => {}): Taken {
  let sent = 0
  const intake: Intake = new Intake(new Iterables(iterables), chunkSize, new Context(), {
    hasRoom: () => true,
    add: (count) => (seen.taken += count),
    send: ({ first, count, args }) => {
      expect([first, count]).toEqual([sent, args.length / iterables.length])
      sent += count
      seen.chunks.push([...args])
      onSend(intake)
    },
    failed: (error) => seen.errors.push(error),
    paused: () => undefined,
  })
  const seen: Taken = { chunks: [], errors: [], intake, taken: 0 }
  intake.take()
  return seen
}

describe('an array', () => {
  it('is taken in chunks, and the last one has the rest', () => {
    const { chunks, errors, intake, taken } = take([['a', 'b', 'c', 'd', 'e']], 2)
    expect(chunks).toEqual([['a', 'b'], ['c', 'd'], ['e']])
    expect([errors, intake.isOver, intake.taken, taken]).toEqual([[], true, 5, 5])
  })

  it('that is empty gives no chunk', () => {
    expect(take([[]], 2)).toMatchObject({ chunks: [], errors: [], taken: 0 })
  })

  it('is taken in step with others', () => {
    expect(
      take(
        [
          [1, 2, 3],
          [4, 5],
        ],
        10,
      ).chunks,
    ).toEqual([[1, 4, 2, 5]])
  })

  it('may have holes, which are `undefined`', () => {
    const { chunks } = take([new Array<unknown>(3)], 3)
    expect([chunks, Object.keys(chunks[0] as object)]).toEqual([[[undefined, undefined, undefined]], ['0', '1', '2']])
  })

  it('may become longer or shorter while it is read', () => {
    const growing = [1, 2]
    expect(take([growing], 2, () => growing.length < 4 && growing.push(3, 4, 5)).chunks).toEqual([[1, 2], [3, 4], [5]])
    const shrinking = [1, 2, 3, 4, 5]
    expect(take([shrinking], 2, () => (shrinking.length = 3)).chunks).toEqual([[1, 2], [3]])
  })

  it('has ended for good at its end', () => {
    const array = [1]
    const iterables = new Iterables([array])
    const elements: unknown[] = []
    iterables.takeRun(elements, 5)
    expect(iterables.next()).toMatchObject({ done: true })
    array.push(2)
    iterables.takeRun(elements, 5)
    expect([elements, iterables.next()]).toEqual([[1], { done: true, value: undefined }])
  })

  it('keeps the elements before one that throws', () => {
    const array = Object.defineProperty([1, 2, 3, 4], 2, { get: () => { throw new RangeError('third') } }) // prettier-ignore
    const { chunks, errors, taken } = take([array], 10)
    expect([chunks, taken, errors]).toEqual([[[1, 2]], 2, [new RangeError('third')]])
  })

  it('may stop the map from a getter: nothing more is taken', () => {
    const dropped: number[] = []
    const array = Object.defineProperty([1, 2, 3, 4], 2, { get: () => dropped.push(intake.stop()) })
    const sent = jest.fn()
    const intake = new Intake(new Iterables([array]), 3, new Context(), {
      hasRoom: () => true,
      add: () => undefined,
      send: sent,
      failed: sent,
      paused: () => undefined,
    })
    intake.take()
    expect([dropped, intake.isOver, intake.taken, sent.mock.calls]).toEqual([[0], true, 0, []])
  })

  it('with an iterator of its own is read by that', () => {
    class Doubled extends Array<number> {
      override *[Symbol.iterator](): ArrayIterator<number> {
        for (let index = 0; index < this.length; index++) yield 2 * (this[index] as number)
      }
    }
    expect(new Iterables([Doubled.of(1, 2)]).isArray).toBe(false)
    expect(take([Doubled.of(1, 2)], 5).chunks).toEqual([[2, 4]])
    class Plain extends Array<number> {}
    expect(new Iterables([Plain.of(1, 2)]).isArray).toBe(true)
  })

  it('is read by its iterator if the program has changed that', () => {
    const prototype = Object.getPrototypeOf([].values()) as { next: () => IteratorResult<unknown> }
    const { next } = prototype
    try {
      prototype.next = function (this: unknown) {
        return next.call(this)
      }
      expect(new Iterables([[1]]).isArray).toBe(false)
    } finally {
      prototype.next = next
    }
    expect(new Iterables([[1]]).isArray).toBe(true)
  })

  it('is the only iterable that is read this way', () => {
    for (const iterables of [[new Set([1])], ['text'], [new Uint8Array(2)], [[1], [2]]])
      expect(new Iterables(iterables).isArray).toBe(false)
  })

  it('of many elements is taken in several turns, in order', async () => {
    const array = Array.from({ length: 3_000_000 }, (_, n) => n)
    const seen = take([array], 100_000)
    while (!seen.intake.isOver) await new Promise((resolve) => setImmediate(resolve))
    expect([seen.taken, seen.chunks.length]).toEqual([3_000_000, 30])
    expect(seen.chunks.every((chunk, at) => chunk[0] === at * 100_000 && chunk.at(-1) === at * 100_000 + 99_999)).toBe(
      true,
    )
  })
})
