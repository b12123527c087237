import { CancelledError } from '../errors'
import { CallState, type Call } from '../dispatch/call'
import type { Dispatcher } from '../dispatch/dispatcher'
import type { Registration } from '../registry/registrations'
import { onAbort } from '../utils/on-abort'
import { packReason } from '../wire/errors'

/** The AbortSignals among a call's arguments: aborting one aborts it in the worker too, and cancels the call. */
export class LiveSignals {
  readonly #registration: Registration
  #signals: AbortSignal[] | undefined

  constructor(registration: Registration) {
    this.#registration = registration
  }

  /**
   * Gives a signal its number on the wire.
   *
   * @throws {CancelledError} it has aborted already: the call is not made, and nothing is moved
   */
  add(signal: AbortSignal): number {
    throwIfAborted(signal, this.#registration)
    const signals = (this.#signals ??= [])
    const known = signals.indexOf(signal)
    return known >= 0 ? known : signals.push(signal) - 1
  }

  watch(call: Call, dispatcher: Dispatcher): void {
    this.#signals?.forEach((signal, number) => watchSignal(signal, call, dispatcher, number))
  }
}

/** @throws {CancelledError} the signal has aborted already: the call is not made */
export function throwIfAborted(signal: AbortSignal, registration: Registration): void {
  if (!signal.aborted) return
  throw new CancelledError(`${registration.label} was cancelled.`, { cause: signal.reason })
}

/** Cancels `call` when `signal` aborts; forgets it once the call is settled. */
export function watchSignal(signal: AbortSignal, call: Call, dispatcher: Dispatcher, number?: number): void {
  if (call.state === CallState.Settled) return
  const abort = (): void => {
    const reason: unknown = signal.reason
    dispatcher.cancel(call, reason) // first: what the body makes of the signal comes too late
    if (number !== undefined)
      dispatcher.tell(call, (sequence) => ({ type: 'signal', sequence, signal: number, reason: packReason(reason) }))
  }
  if (signal.aborted) {
    abort()
    return
  }
  call.whenSettled(onAbort(signal, abort))
}
