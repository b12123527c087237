import { type CancelledError } from '../errors'
import { Future } from '../futures/future'
import { MessageKind, type WorkerMessage } from '../wire/messages'
import { CallState, type Call } from './call'
import type { CallTimer } from './call-times'
import { callerFrames } from './caller-stack'
import { showCaller } from './lazy-stack'
import { outcomeError, outcomeValue, warnOfSettling } from './outcomes'

/**
 * Where calls are settled, once each. Results, errors, limits, cancellations and the ends of workers race to here; the
 * first wins, and is told so; the others are nobody's news.
 */
export class CallLedger {
  readonly #timer: Pick<CallTimer, 'settled'>
  #pending = 0
  #settled = 0
  readonly #emptyWaiters: Array<() => void> = []

  constructor(timer: Pick<CallTimer, 'settled'>) {
    this.#timer = timer
  }

  /** Accepted and not settled. */
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

  /** Settles a call with what its worker sent as its outcome. */
  conclude(call: Call, message: WorkerMessage): void {
    try {
      if (message.kind === MessageKind.Thrown) this.fail(call, outcomeError(message, call.label))
      else this.finish(call, outcomeValue(message))
    } catch (error) {
      this.fail(call, error) // it could not be read
    }
  }

  /**
   * Hands on what comes before the outcome.
   *
   * @returns what it carries could not be read, and the call has failed for that: its body still runs
   */
  event(call: Call, message: WorkerMessage): boolean {
    try {
      if (message.kind === MessageKind.Progress) Future.report(call.future, outcomeValue(message))
      else call.onEvent?.(message)
      return false
    } catch (error) {
      return this.fail(call, error)
    }
  }

  /** Fails a call with what its body threw, or with what became of its worker; the caller's frames are added. */
  fail(call: Call, error: unknown): boolean {
    return this.#settle(call, 'failed', error)
  }

  /** Cancels; who waits for the future hears of it, and nobody else has to. */
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
    if (state === 'cancelled') call.future.markHandled()
    if (state === 'failed') attempt(() => addCaller(outcome, call))
    if (call.times) attempt(() => this.#timer.settled(call, state, outcome))
    const { cleanups } = call
    call.cleanups = undefined
    if (cleanups) for (const cleanup of cleanups) attempt(cleanup)
    try {
      Future.settle(call.future, state, outcome) // runs done-callbacks, which may come back to us
    } catch (error) {
      warnOfSettling(error)
    }
    if (this.#pending === 0) for (const resolve of this.#emptyWaiters.splice(0)) resolve()
    return true
  }
}

/** A call settles, whatever fails meanwhile: an error of this side is told, and the outcome of the call stays what it is. */
function attempt(step: () => void): void {
  try {
    step()
  } catch (error) {
    warnOfSettling(error)
  }
}

/** Appends the frames of the call to those of the error: first what went wrong there, then who asked for it here. */
function addCaller(error: unknown, call: Call): void {
  const frames = callerFrames(call.caller)
  if (frames === '') return
  try {
    if (!(error instanceof Error)) return
    const remote = (error as { traceback?: unknown }).traceback
    const top = typeof remote === 'string' ? remote : String(error)
    Object.defineProperty(error, 'stack', {
      value: `${top}\n    at (called from the parent)\n${frames}`,
      configurable: true,
      writable: true,
    })
  } catch {
    // frozen by its class, or nothing of it can be read: its stack stays as it is
  }
}
