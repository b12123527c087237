import { abandonWith, type Abandonable } from '../utils/abandoned'
import { monotonic } from '../utils/clock'
import { abortSignal, checkOptions, nonNegativeMs, oneOf, type Rules } from '../utils/options'
import { limitWait, type WaitOptions } from './limit-wait'
import { TimeoutError } from '../errors'
import { Future } from './future'

export interface WaitForOptions extends WaitOptions {
  /** Limit of the wait, in ms. The futures that are not done by then are in `notDone`. Default: none. */
  readonly timeout?: number
  /** When the wait ends. Default: `'allCompleted'`. */
  readonly returnWhen?: 'firstCompleted' | 'firstException' | 'allCompleted'
}

const limitRules = { timeout: nonNegativeMs, signal: abortSignal }
const waitRules: Rules<WaitForOptions> = {
  ...limitRules,
  returnWhen: oneOf('firstCompleted', 'firstException', 'allCompleted'),
}

/**
 * Waits for several futures. Does not reject if one of them fails. Python's `concurrent.futures.wait`.
 *
 * **Cancelling:** `signal` ends the wait with `CancelledError`; the calls go on.
 *
 * @returns two sets, which together hold all futures
 * @throws {TypeError} an element of `futures` is not a future; an unknown option, or a value of the wrong type
 * (`RangeError` for one out of range)
 */
export async function wait<F extends Future<unknown>>(
  futures: Iterable<F>,
  options?: WaitForOptions,
): Promise<{ done: Set<F>; notDone: Set<F> }> {
  const all = futuresOf(futures)
  const { returnWhen: when = 'allCompleted', timeout, signal } = checkOptions('wait()', options, waitRules)
  let open = all.filter((future) => !future.done()).length
  const enough = (future: F): boolean =>
    open === 0 || when === 'firstCompleted' || (when === 'firstException' && future.peek().state === 'failed')
  if (open > 0 && !all.some((future) => future.done() && enough(future))) {
    const unsubscribe: Array<() => void> = []
    const reached = new Promise<void>((resolve) => {
      for (const future of all) {
        if (future.done()) continue
        const onDone = (): void => {
          open -= 1
          if (enough(future)) resolve()
        }
        unsubscribe.push(observeFuture(future, onDone))
      }
    })
    try {
      await limitWait(reached, timeout, signal, 'the futures')
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error
    } finally {
      for (const each of unsubscribe) each()
    }
  }
  const done = new Set<F>()
  const notDone = new Set<F>()
  for (const future of all) (future.done() ? done : notDone).add(future)
  for (const future of done) future.markHandled() // the caller gets their errors through `done`
  return { done, notDone }
}

/**
 * An iterator of futures. It is not declared as an `AsyncIterableIterator`, because `for await` would then have the
 * type of the results instead of that of the futures.
 */
export type Completions<F> = FutureIterator<F> | OtherFutureIterator<F>

/**
 * Why {@link Completions} is a union: TypeScript caches the element type of an iterator. From the second `for await` over
 * the same type on, the cached type is that of the awaited values, which is wrong here. For a union, it is the right one.
 */
interface FutureIterator<F> {
  next(): Promise<IteratorResult<F, undefined>>
  return(): Promise<IteratorResult<F, undefined>>
  [Symbol.asyncIterator](): FutureIterator<F>
}

interface OtherFutureIterator<F> extends FutureIterator<F> {
  [Symbol.asyncIterator](): OtherFutureIterator<F>
}

/**
 * Iterates over the futures in the order in which they are done. Await each for its result or error. Python's
 * `concurrent.futures.as_completed`.
 *
 * **Cancelling:** `signal` ends the iteration with `CancelledError`. The calls go on.
 *
 * @param options `timeout`: limit of the whole iteration from its first step, in ms. Default: none
 * @throws {TypeError} an element of `futures` is not a future; the iteration rejects with {@link TimeoutError} if some
 * futures are not done after `timeout` ms
 */
export function asCompleted<F extends Future<unknown>>(
  futures: Iterable<F>,
  options?: { readonly timeout?: number } & WaitOptions,
): Completions<F> {
  return new Completed(futuresOf(futures), checkOptions('asCompleted()', options, limitRules))
}

/** The futures that are done and were not returned yet. */
class DoneFutures<F extends Future<unknown>> implements Abandonable {
  readonly ready: F[] = []
  readonly total: number
  left: number
  wake: () => void = () => undefined
  readonly #unsubscribe: ReadonlyArray<() => void>

  constructor(all: readonly F[]) {
    this.left = this.total = all.length
    this.#unsubscribe = all.map((future) => observeFuture(future, () => this.#onDone(future)))
  }

  /** Ends the iteration. */
  end(): void {
    this.left = 0
    for (const each of this.#unsubscribe) each()
    this.wake()
  }

  abandon(): void {
    this.end()
  }

  #onDone(future: F): void {
    this.ready.push(future)
    this.wake()
  }
}

/**
 * Not an async generator: it would await the futures that it yields. The futures refer to {@link DoneFutures} and not
 * to this iterator, so an iterator that is dropped before its end can be collected.
 */
class Completed<F extends Future<unknown>> implements FutureIterator<F> {
  readonly #options: { readonly timeout?: number } & WaitOptions
  readonly #doneFutures: DoneFutures<F>
  #startedAt: number | undefined
  #previous: Promise<unknown> = Promise.resolve()

  constructor(all: readonly F[], options: { readonly timeout?: number } & WaitOptions) {
    this.#options = options
    this.#doneFutures = new DoneFutures(all)
    abandonWith(this, this.#doneFutures)
  }

  next(): Promise<IteratorResult<F, undefined>> {
    this.#startedAt ??= monotonic()
    const next = this.#previous.then(() => this.#next())
    this.#previous = next.catch(() => undefined)
    return next
  }

  return(): Promise<IteratorResult<F, undefined>> {
    this.#doneFutures.end()
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async #next(): Promise<IteratorResult<F, undefined>> {
    const futures = this.#doneFutures
    if (futures.left > 0 && futures.ready.length === 0) await this.#waitForOne()
    if (futures.left === 0) return { done: true, value: undefined }
    futures.left -= 1
    return { done: false, value: futures.ready.shift() as F }
  }

  /** Waits for one more future to be done. If the wait fails, the iteration ends. */
  async #waitForOne(): Promise<void> {
    const { timeout, signal } = this.#options
    const futures = this.#doneFutures
    const open = `${futures.left} of ${futures.total} futures`
    const done = new Promise<void>((resolve) => (futures.wake = resolve))
    const rest = timeout === undefined ? undefined : Math.max(0, timeout - (monotonic() - (this.#startedAt as number)))
    try {
      await limitWait(done, rest, signal, open)
    } catch (error) {
      futures.end()
      if (!(error instanceof TimeoutError)) throw error
      throw new TimeoutError(`${open} were not done after ${timeout} ms.`, timeout as number)
    }
  }
}

/** Calls `fn` when the future is done. Returns a function that unsubscribes it. */
function observeFuture(future: Future<unknown>, fn: () => void): () => void {
  future.markHandled()
  return future.whenDone(fn)
}

function futuresOf<F extends Future<unknown>>(futures: Iterable<F>): F[] {
  const all = [...new Set(futures)]
  for (const future of all) {
    if (!(future instanceof Future)) {
      throw new TypeError('Expected an iterable of futures: what a decorated method returned, or futureOf(promise)')
    }
  }
  return all
}

/**
 * Returns the same promise, typed as a `Future`: for decorated methods that are declared to return `Promise<T>`.
 *
 * @throws {TypeError} the promise is not a future: it is not the one that a decorated method returned
 */
export function futureOf<T>(promise: PromiseLike<T>): Future<T> {
  if (promise instanceof Future) return promise as Future<T>
  throw new TypeError(
    'Expected the promise that a decorated method returned; `await`, `then` and `async` wrappers make a plain one of it',
  )
}
