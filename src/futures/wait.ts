import { limitWait, type WaitOptions } from './limit-wait'
import { TimeoutError } from '../errors'
import { Future } from './future'

export interface WaitForOptions extends WaitOptions {
  /** Limit of the wait in ms; what is not done by then is in `notDone`. Default: none. */
  readonly timeout?: number
  /** When to return. Default: `'allCompleted'`. */
  readonly returnWhen?: 'firstCompleted' | 'firstException' | 'allCompleted'
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
  options: WaitForOptions = {},
): Promise<{ done: Set<F>; notDone: Set<F> }> {
  const all = futuresOf(futures)
  const when = options.returnWhen ?? 'allCompleted'
  if (!['firstCompleted', 'firstException', 'allCompleted'].includes(when)) {
    throw new TypeError(
      `Expected \`returnWhen\` to be 'firstCompleted', 'firstException' or 'allCompleted', got \`${String(when)}\``,
    )
  }
  let open = all.filter(future => !future.done()).length
  const enough = (future: F): boolean =>
    open === 0 ||
    when === 'firstCompleted' ||
    (when === 'firstException' && future.peek().state === 'failed')
  if (open > 0 && !all.some(future => future.done() && enough(future))) {
    const reached = new Promise<void>(resolve => {
      for (const future of all) {
        if (future.done()) continue
        observe(future, () => {
          open -= 1
          if (enough(future)) resolve()
        })
      }
    })
    await limitWait(reached, options.timeout, options.signal, 'the futures').catch((error: unknown) => {
      if (!(error instanceof TimeoutError)) throw error
    })
  }
  const done = new Set<F>()
  const notDone = new Set<F>()
  for (const future of all) (future.done() ? done : notDone).add(future)
  for (const future of done) future.markHandled() // the caller looks at them one by one
  return { done, notDone }
}

/**
 * Gives the futures as they are done: `concurrent.futures.as_completed`. Await each for its result or error.
 *
 * @throws {TimeoutError} `timeout` ms after the iteration began, some are not done
 */
export async function* asCompleted<F extends Future<unknown>>(
  futures: Iterable<F>,
  options: { readonly timeout?: number } & WaitOptions = {},
): AsyncGenerator<F, void, undefined> {
  const all = futuresOf(futures)
  const started = Date.now()
  const ready: F[] = []
  let wake: () => void = () => undefined
  for (const future of all) {
    observe(future, () => {
      ready.push(future)
      wake()
    })
  }
  for (let given = 0; given < all.length; given++) {
    if (ready.length === 0) {
      const next = new Promise<void>(resolve => (wake = resolve))
      const left = options.timeout === undefined ? undefined : Math.max(0, options.timeout - (Date.now() - started))
      await limitWait(next, left, options.signal, `${all.length - given} of ${all.length} futures`).catch(
        (error: unknown) => {
          if (!(error instanceof TimeoutError) || options.timeout === undefined) throw error
          throw new TimeoutError(
            `${all.length - given} of ${all.length} futures were not done after ${options.timeout} ms.`,
            options.timeout,
          )
        },
      )
    }
    yield ready.shift() as F
  }
}

function observe(future: Future<unknown>, fn: () => void): void {
  future.markHandled()
  future.addDoneCallback(fn)
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
