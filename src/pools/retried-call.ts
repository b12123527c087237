/**
 * A call with `retries`. Its caller has the future of this call; each attempt is a call of its own, with the same packed
 * arguments, and is not known outside.
 *
 *   attempt ──► finished ─────────────────────────────► this call finishes
 *      ▲   └──► failed ──► may start again? ── no ────► this call fails
 *      └── backoff ◄────────── yes
 */
import { Call, CallState, type CallSettings } from '../dispatch/call'
import { cancelledError } from '../dispatch/call-errors'
import { CallLedger } from '../dispatch/call-ledger'
import type { PoolDispatcher } from '../dispatch/pool-dispatcher'
import { retriesOf, retryCauseOf, type Retries } from '../dispatch/retries'
import type { CancelledError } from '../errors'
import { Future } from '../futures/future'
import { after, clearAfter, type Timer } from '../utils/after'
import { runOutside } from '../utils/async-context'
import { monotonic } from '../utils/clock'
import type { LiveSignals } from './live-signals'

/** Ends the span of the whole call. Pauses count as running. */
const TIMER = {
  settled(call: Call, state: 'finished' | 'failed' | 'cancelled', error: unknown): void {
    const running = monotonic() - (call.times?.queuedAt ?? 0)
    call.span?.end({ state, error, id: call.future.id, queued: 0, running, worker: call.pid })
  },
}

/** What runs the attempts. */
interface RetryHost extends Pick<PoolDispatcher, 'submit' | 'tell'> {
  /** Whether the pool was stopped: no other attempt starts. */
  isStopped(): boolean
}

class RetriedCall extends Call {
  readonly #settings: CallSettings
  readonly #retries: Required<Retries>
  readonly #host: RetryHost
  readonly #ledger = new CallLedger(TIMER)
  #attempt: Call | undefined
  #attempts = 0
  #backoff: Timer | undefined

  constructor(settings: CallSettings, host: RetryHost) {
    super(settings)
    const { payload } = settings
    const extra = { ...payload.extra, id: this.future.id } // `currentTask().id` is that of the future, in each attempt
    this.#settings = { ...settings, caller: undefined, span: undefined, payload: { ...payload, extra } }
    if (settings.span)
      this.times = { queuedAt: monotonic(), startedAt: undefined, duration: undefined, startPublished: false }
    this.#retries = retriesOf(settings.limits.retries)
    this.#host = host
    this.#ledger.accept()
  }

  /** Starts the first attempt. */
  start(): void {
    this.#attempts += 1
    const attempt = (this.#attempt = new Call(this.#settings))
    attempt.future.markHandled()
    attempt.future.onProgress((progress) => Future.report(this.future, progress))
    attempt.future.whenDone(() => this.#ended(attempt))
    this.#host.submit(attempt)
  }

  /** Sends a message to the worker that has the present attempt. */
  tell: PoolDispatcher['tell'] = (_call, message) =>
    this.#attempt !== undefined && this.#host.tell(this.#attempt, message)

  override get pid(): number | null {
    return this.#attempt?.pid ?? null
  }

  override running(): boolean {
    return this.state !== CallState.Settled && (this.#attempt?.running() ?? false)
  }

  override cancel(reason?: unknown): boolean {
    clearAfter(this.#backoff)
    const cancelled = this.#ledger.cancel(this, cancelledError(this, reason))
    if (cancelled) this.#attempt?.cancel(reason)
    return cancelled
  }

  #ended(attempt: Call): void {
    if (this.state === CallState.Settled) return
    const { state, value } = attempt.future.peek()
    if (state === 'finished') this.#ledger.finish(this, value)
    else if (state === 'cancelled') this.#ledger.cancel(this, value as CancelledError)
    else if (this.#mayRetry(attempt, value)) this.#retryLater()
    else this.#ledger.fail(this, value)
  }

  #mayRetry({ moved }: Call, error: unknown): boolean {
    const { attempts, on } = this.#retries
    const cause = retryCauseOf(error, this.limits.timeout)
    const mayStart = !moved && this.#attempts < attempts && !this.#host.isStopped()
    return mayStart && cause !== undefined && on.includes(cause)
  }

  #retryLater(): void {
    const pause = this.#retries.backoff * 2 ** (this.#attempts - 1)
    if (pause === 0) this.start()
    else this.#backoff = runOutside(() => after(pause, () => this.start()), undefined)
  }
}

/** The calls with `retries` of one pool that are not settled. */
export class RetriedCalls {
  readonly #open = new Set<RetriedCall>()
  #isStopped = false

  start(settings: CallSettings, dispatcher: PoolDispatcher, signals: LiveSignals | undefined): Call {
    const call = new RetriedCall(settings, {
      submit: (attempt) => dispatcher.submit(attempt),
      tell: (attempt, message) => dispatcher.tell(attempt, message),
      isStopped: () => this.#isStopped,
    })
    this.#open.add(call)
    call.whenSettled(() => this.#open.delete(call))
    signals?.watch(call, call)
    if (call.state !== CallState.Settled) call.start()
    return call
  }

  /**
   * The pool was stopped: a call whose body runs is not tried again if that fails.
   *
   * @param alsoRunning whether calls whose bodies run are cancelled as well
   */
  cancel(alsoRunning: boolean): void {
    this.#isStopped = true
    for (const call of [...this.#open]) if (alsoRunning || !call.running()) call.cancel()
  }

  async whenDone(): Promise<void> {
    for (const { future } of [...this.#open]) await future.catch(() => undefined)
  }
}
