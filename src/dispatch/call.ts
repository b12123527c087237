import { Future, settledFromOutside, type Flavour, type FutureControl } from '../futures/future'
import { ProcessFuture } from '../futures/process-future'
import { nextSerial } from '../futures/task-id'
import type { Timer } from '../utils/after'
import type { CallExtra, WorkerMessage } from '../wire/messages'
import type { CallTimes } from './call-times'
import type { CallerStack } from './caller-stack'
import type { WorkerHandle } from './worker-handle'
import type { DispatchedMethod } from './dispatched-method'

/**
 * Where a call stands. Only the worker knows when it starts: `slots` of its channel tell.
 *
 *   Queued ◄──► Sent ──► Settled
 *      └──────────────────►┘
 */
export const enum CallState {
  Queued,
  Sent,
  Settled,
}

/** What goes to the worker, packed. */
export interface Payload {
  readonly method: DispatchedMethod
  readonly flags: number
  readonly self: unknown
  readonly args: unknown
  readonly extra: CallExtra | undefined
  readonly transfer: readonly unknown[] | undefined
  /** What is in it by its name alone: lives as long as the call. */
  readonly keepAlive?: readonly object[]
}

export interface CallLimits {
  /** ms of running. */
  readonly timeout?: number
  /** ms of waiting for the start. */
  readonly queueTimeout?: number
  /** ms between the task's signal and the kill. */
  readonly grace?: number
  /** `false`: the program waits for it, however it ends; default `true`. */
  readonly daemon?: boolean
  /** Higher goes first; default 0. */
  readonly priority?: number
}

export interface CallSettings {
  readonly kind: 'thread' | 'process'
  /** What messages call it; default: what they call its method. */
  readonly name?: string
  readonly flavour: Flavour
  readonly number: number
  readonly limits: CallLimits
  readonly payload: Payload
  readonly caller: CallerStack | undefined
  /** Hears what comes before the outcome: items, elements, progress. */
  readonly onEvent?: (message: WorkerMessage) => void
}

/** Who can cancel a call: its dispatcher. */
export interface CallDispatcher {
  cancel(call: Call, reason?: unknown): boolean
  /** Sends now what waits to go out together. */
  send(worker: WorkerHandle): void
  /** Sends now what it holds back until the turn of the event loop is over. */
  resume(): void
}

/** One dispatch of a body, and the future that stands for it. */
export class Call implements FutureControl {
  readonly kind: 'thread' | 'process'
  readonly serial = nextSerial()
  readonly future: Future<unknown>
  readonly limits: CallLimits
  readonly payload: Payload
  readonly caller: CallerStack | undefined
  readonly onEvent: ((message: WorkerMessage) => void) | undefined
  readonly #name: string | undefined
  state = CallState.Queued
  dispatcher: CallDispatcher | undefined
  /** The worker it was sent to, and under which number. */
  worker: WorkerHandle | undefined
  sequence = 0
  /** Kills its worker, where its body does not end in time after it was told to. */
  graceTimer: Timer | undefined
  /** What it adds to its worker's load, in ms. */
  expected = 0
  /** Workers that died by themselves when they had not come to it, nor to any other. */
  lostWorkers = 0
  /** What it moves is with its worker: it cannot be sent again. */
  moved = false
  /** Its `queueTimeout` has passed when it seemed to have started. */
  queueTimedOut = false
  /** When it was queued and started; not of every call. */
  times: CallTimes | undefined
  /** Workers that let it lie, and were replaced for that. */
  unresponsiveWorkers = 0
  /** Runs once it is settled: what waits for that (timers, listeners) is taken down. */
  cleanups: Array<() => void> | undefined
  // Neighbours in the queue.
  previous: Call | undefined
  next: Call | undefined

  constructor(settings: CallSettings) {
    this.kind = settings.kind
    const Kind = settings.kind === 'process' ? ProcessFuture : Future
    this.future = new Kind<unknown>(settledFromOutside, this, settings.number, this.serial, settings.flavour)
    this.limits = settings.limits
    this.#name = settings.name
    this.payload = settings.payload
    this.caller = settings.caller
    this.onEvent = settings.onEvent
  }

  get label(): string {
    const { label } = this.payload.method
    return this.#name === undefined ? label : `'${this.#name}' (${label})`
  }

  get pid(): number | null {
    return this.worker?.channel.kind === 'process' ? this.worker.channel.id : null
  }

  cancel(): boolean {
    return this.dispatcher?.cancel(this) ?? false
  }

  running(): boolean {
    return this.state === CallState.Sent && (this.worker?.hasStarted(this) ?? false)
  }

  whenSettled(cleanup: () => void): void {
    if (this.state === CallState.Settled) cleanup()
    else (this.cleanups ??= []).push(cleanup)
  }
}
