/** Abort signals that act on a call: its option `signal`, and the signals among its arguments. */
import { CallState, type Call } from '../dispatch/call'
import type { PoolDispatcher } from '../dispatch/pool-dispatcher'
import { CancelledError } from '../errors'
import type { Registration } from '../registry/registrations'
import { onAbort } from '../utils/on-abort'
import { packReason } from '../wire/errors'

/** The signals among the arguments of a call. When one aborts, the call is cancelled and the worker's copy aborts too. */
export class LiveSignals {
  readonly #registration: Registration
  #signals: AbortSignal[] | undefined

  constructor(registration: Registration) {
    this.#registration = registration
  }

  /**
   * Adds a signal.
   *
   * @returns its number in messages
   * @throws {CancelledError} the signal has aborted already; then the call is not made, and nothing is moved
   */
  add(signal: AbortSignal): number {
    throwIfAborted(signal, this.#registration)
    const signals = (this.#signals ??= [])
    const known = signals.indexOf(signal)
    return known >= 0 ? known : signals.push(signal) - 1
  }

  watch(call: Call, dispatcher: Pick<PoolDispatcher, 'tell'>): void {
    this.#signals?.forEach((signal, number) => watchSignal(signal, call, dispatcher, number))
  }
}

/** @throws {CancelledError} the signal has aborted already */
export function throwIfAborted(signal: AbortSignal, registration: Registration): void {
  if (!signal.aborted) return
  throw new CancelledError(`${registration.label} was cancelled.`, { cause: signal.reason })
}

/**
 * Cancels `call` when `signal` aborts. The listener is removed when the call settles.
 *
 * @param number for a signal among the arguments: its number in messages
 */
export function watchSignal(
  signal: AbortSignal,
  call: Call,
  dispatcher: Pick<PoolDispatcher, 'tell'>,
  number?: number,
): void {
  if (call.state === CallState.Settled) return
  const abort = (): void => {
    const reason: unknown = signal.reason
    call.cancel(reason) // before the worker learns of it: an outcome caused by the signal must not win
    if (number !== undefined)
      dispatcher.tell(call, (sequence) => ({ type: 'signal', sequence, signal: number, reason: packReason(reason) }))
  }
  if (signal.aborted) {
    abort()
    return
  }
  call.whenSettled(onAbort(signal, abort))
}
