/** One wait at a queue, and what may end it: what it waits for, `timeout`, `signal`, the end of the task that waits. */
import { CancelledError, TimeoutError } from '../errors'
import { taskHere } from '../registry/current-task'
import { limitRules, waitWithin, type Waitable, type WaitLimits } from '../utils/limited-wait'
import { checkOptions } from '../utils/options'

/** The words of one kind of wait. */
export interface WaitDescription {
  /** The method whose options are checked: `get()`. */
  readonly where: string
  /** `There was no item in the queue`. */
  readonly missing: string
}

/** See {@link Waitable.begin}. */
export type BeginWait<T> = Waitable<T>['begin']

/** Waits within limits that the user gave. Invalid ones reject the promise. */
export function waitWithLimits<T>(
  description: WaitDescription,
  given: WaitLimits | undefined,
  begin: BeginWait<T>,
): Promise<T> {
  try {
    const limits = checkOptions(description.where, given, limitRules)
    return waitWithin(new QueueWait(description, begin), limits, taskHere()?.signal)
  } catch (error) {
    return Promise.reject(error)
  }
}

/** The same for a wait whose `timeout` is no error: it resolves to an empty array then. */
export async function waitForSome<T>(
  description: WaitDescription,
  given: WaitLimits,
  begin: BeginWait<T[]>,
): Promise<T[]> {
  try {
    return await waitWithLimits(description, given, begin)
  } catch (error) {
    if (error instanceof TimeoutError) return []
    throw error
  }
}

class QueueWait<T> implements Waitable<T> {
  readonly begin: BeginWait<T>
  readonly #description: WaitDescription

  constructor(description: WaitDescription, begin: BeginWait<T>) {
    this.begin = begin
    this.#description = description
  }

  timedOut(timeout: number): TimeoutError {
    const within = timeout === 0 ? '' : ` within ${timeout} ms`
    return new TimeoutError(`${this.#description.missing}${within} (limit \`timeout: ${timeout}\`).`, timeout)
  }

  cancelled(signal: AbortSignal): CancelledError {
    return new CancelledError(`${this.#description.where} was cancelled by its signal.`, { cause: signal.reason })
  }
}
