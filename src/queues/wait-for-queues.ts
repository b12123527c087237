import type { CancelWait, WaitHandler, WaitLimits } from '../utils/limited-wait'
import { show } from '../utils/options'
import { Queue } from './queue'
import { waitForSome } from './queue-wait'

const DESCRIPTION = { where: 'waitForQueues()', missing: 'All queues were empty' }

/**
 * Waits until at least one of several queues holds an item. Pebble's `waitforqueues`.
 *
 * It takes no item and reserves none: another reader may be faster.
 *
 * **Cancelling:** `signal` rejects with `CancelledError`. `timeout` is no error: the result is an empty array.
 *
 * @param timeout limit in ms; default: none
 * @returns the queues that are not empty, in the order given; an empty array after the timeout, or if no queue was
 * given
 * @throws {TypeError} if an element of `queues` is not a queue; {@link CancelledError} if `signal` aborts
 */
export async function waitForQueues<Q extends Queue<never> | Queue<unknown>>(
  queues: Iterable<Q>,
  timeout?: number,
  options?: Pick<WaitLimits, 'signal'>,
): Promise<Q[]> {
  const all = [...queues]
  for (const queue of all) {
    if (!isQueue(queue)) throw new TypeError(`Expected an iterable of queues, got ${show(queue)} in it`)
  }
  if (all.length === 0) return []
  return waitForSome<Q>(DESCRIPTION, { timeout, ...options }, (handler, mayWait) => watch(all, handler, mayWait))
}

/** Watches all queues until the first of them has an item. */
function watch<Q extends Queue<never> | Queue<unknown>>(
  all: readonly Q[],
  handler: WaitHandler<Q[]>,
  mayWait: boolean,
): CancelWait {
  const cancels: Array<() => void> = []
  let open = all.length
  let isOver = false
  const end = (tell: () => void): void => {
    if (isOver) return
    isOver = true
    for (const cancel of cancels) cancel()
    tell()
  }
  for (const queue of all) {
    if (isOver) break
    const cancel = queue.source.ready(
      {
        done: () => end(() => handler.done(all.filter((each) => each === queue || !each.empty))),
        unavailable: () => (open -= 1) === 0 && end(() => handler.unavailable()),
        failed: (error) => end(() => handler.failed(error)),
      },
      mayWait,
    )
    if (cancel) cancels.push(() => cancel(() => undefined))
  }
  return (refused) => end(refused)
}

/** By its shape: another copy of the library has a class of its own. */
function isQueue(value: unknown): value is Queue<unknown> {
  return value instanceof Queue || (typeof value === 'object' && value !== null && 'source' in value && 'join' in value)
}
