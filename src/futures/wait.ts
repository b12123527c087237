import { abandonWith, type Abandonable } from '../utils/abandoned'
import { now } from '../utils/clock'
import { abortSignal, checkOptions, nonNegativeMs, oneOf, type Rules } from '../utils/options'
import { limitWait, type WaitOptions } from './limit-wait'
import { TimeoutError } from '../errors'
import { Future } from './future'

export interface WaitForOptions extends WaitOptions {
  /** Limit of the wait in ms; what is not done by then is in `notDone`. Default: none. */
  readonly timeout?: number
  /** When to return. Default: `'allCompleted'`. */
  readonly returnWhen?: 'firstCompleted' | 'firstException' | 'allCompleted'
}

const limitRules = { timeout: nonNegativeMs, signal: abortSignal }
const waitRules: Rules<WaitForOptions> = {
  ...limitRules,
  returnWhen: oneOf('firstCompleted', 'firstException', 'allCompleted'),
}

/**
 * Waits for several futures: `concurrent.futures.wait`. Never rejects because of a future's own failure.
 *
 * **Cancelling:** `signal` ends the wait with `CancelledError`; the calls go on.
 *
 * @throws {TypeError} something in `futures` is no future, or an option is not what it should be
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
    const forget: Array<() => void> = []
    const reached = new Promise<void>((resolve) => {
      for (const future of all) {
        if (future.done()) continue
        const hear = (): void => {
          open -= 1
          if (enough(future)) resolve()
        }
        forget.push(observeFuture(future, hear))
      }
    })
    try {
      await limitWait(reached, timeout, signal, 'the futures')
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error
    } finally {
      for (const each of forget) each()
    }
  }
  const done = new Set<F>()
  const notDone = new Set<F>()
  for (const future of all) (future.done() ? done : notDone).add(future)
  for (const future of done) future.markHandled() // the caller looks at them one by one
  return { done, notDone }
}

/**
 * Futures, one by one. Not an `AsyncIterableIterator`: of that `for await` takes the awaited type, and would give the
 * results their futures' place.
 */
export interface Completions<F> {
  next(): Promise<IteratorResult<F, undefined>>
  return(): Promise<IteratorResult<F, undefined>>
  [Symbol.asyncIterator](): Completions<F>
}

/**
 * Gives the futures as they are done: `concurrent.futures.as_completed`. Await each for its result or
 * error.
 *
 * @throws {TypeError} something in `futures` is no future; the iteration rejects with {@link TimeoutError} where some are
 * not done `timeout` ms after it began
 */
export function asCompleted<F extends Future<unknown>>(
  futures: Iterable<F>,
  options?: { readonly timeout?: number } & WaitOptions,
): Completions<F> {
  return new Completed(futuresOf(futures), checkOptions('asCompleted()', options, limitRules))
}

/** The futures that are done and were not given yet. */
class Arrivals<F extends Future<unknown>> implements Abandonable {
  readonly ready: F[] = []
  readonly total: number
  left: number
  wake: () => void = () => undefined
  readonly #forget: ReadonlyArray<() => void>

  constructor(all: readonly F[]) {
    this.left = this.total = all.length
    this.#forget = all.map((future) => observeFuture(future, () => this.#arrived(future)))
  }

  /** No more will be given. */
  end(): void {
    this.left = 0
    for (const each of this.#forget) each()
    this.wake()
  }

  abandon(): void {
    this.end()
  }

  #arrived(future: F): void {
    this.ready.push(future)
    this.wake()
  }
}

/**
 * Not an async generator: those await what they yield, and a future would arrive as its result. The futures hold the
 * arrivals and not the iterator, so that they let go of one that was dropped before its end.
 */
class Completed<F extends Future<unknown>> implements Completions<F> {
  readonly #options: { readonly timeout?: number } & WaitOptions
  readonly #arrivals: Arrivals<F>
  #began: number | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(all: readonly F[], options: { readonly timeout?: number } & WaitOptions) {
    this.#options = options
    this.#arrivals = new Arrivals(all)
    abandonWith(this, this.#arrivals)
  }

  next(): Promise<IteratorResult<F, undefined>> {
    this.#began ??= now()
    const next = this.#turn.then(() => this.#next())
    this.#turn = next.catch(() => undefined)
    return next
  }

  return(): Promise<IteratorResult<F, undefined>> {
    this.#arrivals.end()
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async #next(): Promise<IteratorResult<F, undefined>> {
    const arrivals = this.#arrivals
    if (arrivals.left > 0 && arrivals.ready.length === 0) await this.#another()
    if (arrivals.left === 0) return { done: true, value: undefined }
    arrivals.left -= 1
    return { done: false, value: arrivals.ready.shift() as F }
  }

  /** Waits for one more to be done. A failed wait ends the iteration. */
  async #another(): Promise<void> {
    const { timeout, signal } = this.#options
    const arrivals = this.#arrivals
    const open = `${arrivals.left} of ${arrivals.total} futures`
    const done = new Promise<void>((resolve) => (arrivals.wake = resolve))
    const rest = timeout === undefined ? undefined : Math.max(0, timeout - (now() - (this.#began as number)))
    try {
      await limitWait(done, rest, signal, open)
    } catch (error) {
      arrivals.end()
      if (!(error instanceof TimeoutError)) throw error
      throw new TimeoutError(`${open} were not done after ${timeout} ms.`, timeout as number)
    }
  }
}

/** @returns how to stop that */
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
 * Gives the typed handle of a decorated call back where the declaration says `Promise<T>`.
 *
 * @throws {TypeError} for a promise that is no future
 */
export function futureOf<T>(promise: PromiseLike<T>): Future<T> {
  if (promise instanceof Future) return promise as Future<T>
  throw new TypeError(
    'Expected the promise that a decorated method returned; `await`, `then` and `async` wrappers make a plain one of it',
  )
}
