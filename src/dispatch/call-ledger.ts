/** The ends of calls: decodes the outcomes in the messages of a worker, and settles each call with one of them. */
import { PebbleError, type CancelledError } from '../errors'
import { Future } from '../futures/future'
import { storeCompiled } from '../utils/compiled'
import { detailOf, summary } from '../utils/text'
import { unpackThrown } from '../wire/errors'
import { MessageKind, type WorkerMessage } from '../wire/messages'
import { unpack } from '../wire/values'
import { CallState, type Call } from './call'
import type { CallTimer } from './call-timer'
import { appendCaller, showCaller } from './caller-stack'

/**
 * Settles calls, once each. Results, errors, limits, cancellations and exits of workers race; the first one wins. The
 * methods return whether they have settled the call; a later outcome is ignored.
 */
export class CallLedger {
  readonly #timer: Pick<CallTimer, 'settled'>
  #pending = 0
  #settled = 0
  readonly #emptyWaiters: Array<() => void> = []

  constructor(timer: Pick<CallTimer, 'settled'>) {
    this.#timer = timer
  }

  /** Calls that were accepted and are not settled. */
  get pending(): number {
    return this.#pending
  }

  get settled(): number {
    return this.#settled
  }

  accept(): void {
    this.#pending += 1
  }

  finish(call: Call, value: unknown): boolean {
    return this.#settle(call, 'finished', value)
  }

  /** Settles a call with the outcome that its worker sent. */
  conclude(call: Call, message: WorkerMessage): void {
    try {
      if (call.raw) this.finish(call, message)
      else if (message.kind === MessageKind.Thrown) this.fail(call, outcomeError(message, call.label))
      else this.finish(call, outcomeValue(message))
    } catch (error) {
      this.fail(call, error) // the outcome cannot be decoded
    }
  }

  /**
   * Passes an event to its listeners.
   *
   * @returns whether the call has failed with this, because the event cannot be decoded or a listener threw; its body still
   * runs
   */
  event(call: Call, message: WorkerMessage): boolean {
    try {
      if (message.kind === MessageKind.Progress && !call.raw) Future.report(call.future, outcomeValue(message))
      else call.onEvent?.(message)
      return false
    } catch (error) {
      return this.fail(call, error)
    }
  }

  /** Fails a call. The caller's frames are added to the error. */
  fail(call: Call, error: unknown): boolean {
    return this.#settle(call, 'failed', error)
  }

  /** Cancels a call. This raises no `unhandledRejection`, even if nothing waits for the future. */
  cancel(call: Call, error: CancelledError): boolean {
    if (call.caller && call.state !== CallState.Settled) showCaller(error, call.caller)
    return this.#settle(call, 'cancelled', error)
  }

  /** Resolves once nothing is pending. */
  whenEmpty(): Promise<void> {
    if (this.#pending === 0) return Promise.resolve()
    return new Promise((resolve) => this.#emptyWaiters.push(resolve))
  }

  #settle(call: Call, state: 'finished' | 'failed' | 'cancelled', outcome: unknown): boolean {
    if (call.state === CallState.Settled) return false
    call.state = CallState.Settled
    this.#pending -= 1
    this.#settled += 1
    if (this.#settled === 1) storeCompiled()
    if (state === 'cancelled') call.future.markHandled()
    if (state === 'failed') attempt(() => appendCaller(outcome, call.caller))
    if (call.times) attempt(() => this.#timer.settled(call, state, outcome))
    const { cleanups } = call
    call.cleanups = undefined
    if (cleanups) for (const cleanup of cleanups) attempt(cleanup)
    try {
      Future.settle(call.future, state, outcome) // runs done-callbacks, which may call the dispatcher
    } catch (error) {
      warnOfSettling(error)
    }
    if (this.#pending === 0) for (const resolve of this.#emptyWaiters.splice(0)) resolve()
    return true
  }
}

/** An error in the parent becomes a warning: the call is settled in any case, and its outcome stays. */
function attempt(step: () => void): void {
  try {
    step()
  } catch (error) {
    warnOfSettling(error)
  }
}

/** Whether a message is an event: it arrives before the outcome of its call. */
export const isEvent = (kind: MessageKind): boolean => kind >= MessageKind.Item && kind <= MessageKind.Progress

/** What a body returned, yielded or reported. */
export const outcomeValue = (message: WorkerMessage): unknown => unpack(message.data, message.flags, {})

/** What a body threw, or an error that says that it cannot be decoded. */
export function outcomeError(message: WorkerMessage, label: string): Error {
  try {
    return unpackThrown(message.data, message.flags, {}) as Error
  } catch (error) {
    return new PebbleError(`${label} threw an error that could not be read.`, { cause: error })
  }
}

/** Warns of an error in the parent while a call is settled. */
function warnOfSettling(error: unknown): void {
  process.emitWarning('An error occurred while a call was settled; the outcome of the call is not affected.', {
    type: 'PebbleWarning',
    detail: detailOf(error),
  })
}

/** Warns of an error in a worker that belongs to no call. */
export function warnOfUncaughtError(error: unknown): void {
  const message = `An uncaught error in a worker belongs to no call: ${summary(error)}`
  process.emitWarning(message, { type: 'PebbleWorkerWarning', detail: detailOf(error) })
}
