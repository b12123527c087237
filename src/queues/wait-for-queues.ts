import { TimeoutError } from '../errors'
import { show } from '../utils/options'
import { waitWithLimits, type WaitLimits } from './wait-with-limits'
import { Queue } from './queue'
import type { QueueWaiter } from './queue-source'

const WAIT = { where: 'waitForQueues()', missing: 'All queues were empty' }

/**
 * Waits for at least one of several queues to hold an item. Pebble's `waitforqueues`.
 *
 * Takes nothing: by the time the caller looks, somebody else may have.
 *
 * **Cancelling:** by `signal`. At `timeout` the wait ends well: nothing is there.
 *
 * @param timeout limit in ms; default: none
 * @returns those that are not empty, in the order given; none where the time is up, or no queue was given
 * @throws {TypeError} something in `queues` is no queue; {@link CancelledError} `signal` aborted
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
  const found = waitWithLimits<Q[]>(WAIT, { timeout, ...options }, (waiter, patient) => watch(all, waiter, patient))
  return found.catch((error: unknown) => {
    if (error instanceof TimeoutError) return []
    throw error
  })
}

/** Watches all, until the first of them has an item. */
function watch<Q extends Queue<never> | Queue<unknown>>(all: readonly Q[], waiter: QueueWaiter<Q[]>, patient: boolean) {
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
        done: () => end(() => waiter.done(all.filter((each) => each === queue || !each.empty))),
        unavailable: () => (open -= 1) === 0 && end(() => waiter.unavailable()),
        failed: (error) => end(() => waiter.failed(error)),
      },
      patient,
    )
    if (cancel) cancels.push(() => cancel(() => undefined))
  }
  return (refused: () => void): void => end(refused)
}

/** By its shape: another copy of the library has a class of its own. */
function isQueue(value: unknown): value is Queue<unknown> {
  return value instanceof Queue || (typeof value === 'object' && value !== null && 'source' in value && 'join' in value)
}
