/** A call: its method as the workers know it, its payload and limits, and its states from the queue to its outcome. */
import type { Channel } from '../channel/channel'
import type { CallSpan } from '../diagnostics/call-span'
import { Future, settledFromOutside, type Flavour, type FutureControl } from '../futures/future'
import { ProcessFuture } from '../futures/process-future'
import { nextSerial } from '../futures/task-id'
import { classRefOf } from '../registry/class-ref'
import type { ClassRef } from '../registry/keys'
import type { Registration } from '../registry/registrations'
import type { Timer } from '../utils/after'
import type { CallExtra, MethodDefinition } from '../wire/call-batch'
import type { WorkerMessage } from '../wire/messages'
import type { CallerStack } from './caller-stack'
import type { Retries } from './retries'

/** The weight of the newest duration, if it is shorter than expected. */
const NEWEST = 0.2
/**
 * How much the expected duration may grow from one body to the next: to GROWTH times itself, plus STEP ms. A busy
 * machine may pause one body for a long time.
 */
const GROWTH = 2
const STEP = 0.05

/** A method as the workers know it, with the expected duration of its bodies. */
export class DispatchedMethod {
  readonly definition: MethodDefinition
  readonly label: string
  /** The function itself, if this thread has it. */
  readonly original: Function | undefined
  /** How long a body is expected to take, in ms; `Infinity` before the first one. */
  expectedDuration = Infinity

  constructor(definition: MethodDefinition, original?: Function) {
    this.definition = definition
    this.label = definition.label
    this.original = original
  }

  /** Updates the expectation with a body that took `duration` ms. */
  recordDuration(duration: number): void {
    if (this.expectedDuration === Infinity) this.expectedDuration = duration
    else if (duration < this.expectedDuration) this.expectedDuration += NEWEST * (duration - this.expectedDuration)
    else this.expectedDuration = Math.min(duration, GROWTH * this.expectedDuration + STEP)
  }
}

let count = 0
const foreign = new Map<string, DispatchedMethod>()

/** A method that a caller on another machine names. There is one object for each name. */
export function foreignMethod(definition: Omit<MethodDefinition, 'index'>): DispatchedMethod {
  const id = JSON.stringify([definition.key, definition.cls])
  let method = foreign.get(id)
  if (!method) foreign.set(id, (method = new DispatchedMethod({ index: count++, ...definition })))
  return method
}

const methods = new WeakMap<Registration, DispatchedMethod>()
const methodsByClass = new WeakMap<ClassRef, WeakMap<Registration, DispatchedMethod>>()

/**
 * The method of `registration` for the class of `self`. There is one object for each pair.
 *
 * @throws {NotFoundError} the worker has no way to find the class of `self`
 */
export function dispatchedMethod(registration: Registration, self: unknown): DispatchedMethod {
  const cls =
    registration.key.holder === 'function' || self === undefined ? null : classRefOf(registration, self as object)
  const table = cls ? tableOf(cls) : methods
  let method = table.get(registration)
  if (!method) {
    const { key, label, original } = registration
    method = new DispatchedMethod({ index: count++, key: { ...key }, cls, label }, original)
    table.set(registration, method)
  }
  return method
}

function tableOf(cls: ClassRef): WeakMap<Registration, DispatchedMethod> {
  let table = methodsByClass.get(cls)
  if (!table) methodsByClass.set(cls, (table = new WeakMap<Registration, DispatchedMethod>()))
  return table
}

/**
 * Where a call stands. Only the worker knows when the body starts; the parent reads that from the slots of the channel.
 *
 *   Queued ◄──► Sent ──► Settled
 *      └──────────────────►┘
 */
export const enum CallState {
  Queued,
  Sent,
  Settled,
}

/** What is sent to the worker, packed. */
export interface Payload {
  readonly method: DispatchedMethod
  readonly flags: number
  readonly self: unknown
  readonly args: unknown
  readonly extra: CallExtra | undefined
  readonly transfer: readonly unknown[] | undefined
  /** Objects that the payload refers to only by an id. They must live as long as the call. */
  readonly keepAlive?: readonly object[]
}

export interface CallLimits {
  /** How long the body may run, in ms. */
  readonly timeout?: number
  /** How long the call may wait for its start, in ms. */
  readonly queueTimeout?: number
  /** Time between the abort of the task's signal and the kill, in ms. */
  readonly grace?: number
  /** `false`: the program waits for the call, however the program ends. Default: `true`. */
  readonly daemon?: boolean
  /** Calls with a higher number go first. Default: 0. */
  readonly priority?: number
  /** How often a failed call is tried again; or also for which causes, and after which pause. Default: never. */
  readonly retries?: number | Retries
}

/** Whether the dispatcher has to watch the call: by a timer (`timeout`, `queueTimeout`) or at the exit of the program (`daemon: false`). */
export const hasLimits = ({ limits: { timeout, queueTimeout, daemon } }: Call): boolean =>
  timeout !== undefined || queueTimeout !== undefined || daemon === false

export interface CallSettings {
  readonly kind: 'thread' | 'process'
  /** The name of the call in messages. Default: the label of its method. */
  readonly name?: string
  readonly flavour: Flavour
  readonly number: number
  readonly limits: CallLimits
  readonly payload: Payload
  readonly caller: CallerStack | undefined
  /** Gets the events of the call, which arrive before its outcome: stream items, elements of a chunk. */
  readonly onEvent?: (message: WorkerMessage) => void
  readonly span?: CallSpan
  /** The class of its future. Default: that of its kind. */
  readonly futureClass?: typeof ProcessFuture
  /** Its outcome and its events go to another machine: they are passed on packed. */
  readonly raw?: boolean
}

/** When a call was queued and started, in ms of `monotonic()`. */
export interface CallTimes {
  readonly queuedAt: number
  startedAt: number | undefined
  /** How long its body ran, if its worker has reported that. */
  duration: number | undefined
  /** Whether the event `call:started` was published. */
  startPublished: boolean
}

/** The dispatcher that a call was submitted to. */
export interface CallDispatcher {
  cancel(call: Call, reason?: unknown): boolean
  /** Sends the batch that the call is in now. */
  flush(call: Call): void
  /** Sends at once the calls that are held back until the end of this turn of the event loop. */
  resume(): void
}

/** The worker that has a call. `WorkerHandle` implements this; the interface keeps the imports free of circles. */
export interface CallWorker {
  readonly name: string
  readonly channel: Channel
  /** How many requests of the worker wait for their response. */
  readonly openRequests: number
  isRunning(call: Call): boolean
}

/** One dispatch of a task, and its future. */
export class Call implements FutureControl {
  readonly kind: 'thread' | 'process'
  /** The number of the call in this program, in the order of submission. The id of its task contains it. */
  readonly serial = nextSerial()
  readonly future: Future<unknown>
  readonly limits: CallLimits
  readonly payload: Payload
  readonly caller: CallerStack | undefined
  readonly onEvent: ((message: WorkerMessage) => void) | undefined
  /** Its outcome and its events are passed on packed, to another machine. */
  readonly raw: boolean
  /** Its OpenTelemetry span, if calls are traced. */
  readonly span: CallSpan | undefined
  readonly #name: string | undefined
  state = CallState.Queued
  dispatcher: CallDispatcher | undefined
  /** The worker that the call was sent to, and its sequence number there. */
  worker: CallWorker | undefined
  sequence = 0
  /** Kills the worker if the body goes on after it was told to abort. */
  graceTimer: Timer | undefined
  /** Its expected duration, which is a part of the load of its worker, in ms. */
  expected = 0
  /** How many workers in a row died by themselves before they started any call, while this call waited with them. */
  lostWorkers = 0
  /** The objects of its transfer list were moved to the worker, so the call cannot be sent again. */
  moved = false
  /** `queueTimeout` passed while the call seemed to have started. */
  queueTimedOut = false
  /** `undefined` if the call is not timed. */
  times: CallTimes | undefined
  /** How many workers were replaced because they were unresponsive while they had this call. */
  unresponsiveWorkers = 0
  /** Functions that run when the call is settled. They remove its timers and listeners. */
  cleanups: Array<() => void> | undefined
  // Neighbours in the queue.
  previous: Call | undefined
  next: Call | undefined

  constructor(settings: CallSettings) {
    this.kind = settings.kind
    const Kind = settings.futureClass ?? (settings.kind === 'process' ? ProcessFuture : Future)
    this.future = new Kind<unknown>(settledFromOutside, this, settings.number, this.serial, settings.flavour)
    this.limits = settings.limits
    this.#name = settings.name
    this.payload = settings.payload
    this.caller = settings.caller
    this.onEvent = settings.onEvent
    this.raw = settings.raw ?? false
    this.span = settings.span
  }

  get label(): string {
    const { label } = this.payload.method
    return this.#name === undefined ? label : `'${this.#name}' (${label})`
  }

  get pid(): number | null {
    return this.worker?.channel.kind === 'process' ? this.worker.channel.id : null
  }

  cancel(reason?: unknown): boolean {
    return this.dispatcher?.cancel(this, reason) ?? false
  }

  running(): boolean {
    return this.state === CallState.Sent && (this.worker?.isRunning(this) ?? false)
  }

  whenSettled(cleanup: () => void): void {
    if (this.state === CallState.Settled) cleanup()
    else (this.cleanups ??= []).push(cleanup)
  }
}
