/**
 * Events of the pools of this program, on `node:diagnostics_channel`: five channels, each with one type of message. Without
 * subscribers, an event costs one comparison.
 *
 *   call:queued ──► call:started ──► call:settled        worker:started ──► worker:exited
 *        └──────────────────────────────►┘
 */
import { channel, subscribe as subscribeTo, unsubscribe } from 'node:diagnostics_channel'
import { bind } from '../utils/async-context'
import { monotonic, sinceStart } from '../utils/clock'
import { summary } from '../utils/text'

/** What all events of a call have in common. */
export interface CallEvent {
  /** The `id` of the future. */
  readonly id: string
  /** The name of the call in messages: `render of pdf.ts`, or the `name` option. */
  readonly label: string
  /** Counts the calls of that method. */
  readonly number: number
  /** Name of the pool. */
  readonly pool: string
  readonly kind: 'thread' | 'process'
  /** When the pool accepted the call. All times are in ms, on the clock of `performance.now()`. */
  readonly queuedAt: number
}

/** The body of a call has started. */
export interface CallStartedEvent extends CallEvent {
  readonly startedAt: number
  readonly worker: WorkerEvent
}

/** A call was settled. */
export interface CallSettledEvent extends CallEvent {
  /** When the body started; `null`: it did not. */
  readonly startedAt: number | null
  readonly settledAt: number
  /** How long the body ran, in ms: as its worker measured it, or until the call was settled; `null`: it did not run. */
  readonly duration: number | null
  /** The worker that ran the body; `null`: none did. */
  readonly worker: WorkerEvent | null
  readonly state: 'finished' | 'failed' | 'cancelled'
  /** The error of a call that failed or was cancelled. */
  readonly error: unknown
}

/** What all events of a worker have in common. */
export interface WorkerEvent {
  /** Name of the pool. */
  readonly pool: string
  readonly kind: 'thread' | 'process'
  /** Unique among the workers of this thread. */
  readonly name: string
  /** The process id or thread id; `null` while it is not known, as at the start of a thread. */
  readonly id: number | null
}

/** The start of a worker was requested. */
export interface WorkerStartedEvent extends WorkerEvent {
  readonly startedAt: number
}

/** A worker has exited. */
export interface WorkerExitedEvent extends WorkerEvent {
  readonly exitedAt: number
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  /** Whether the worker was told to exit: it was recycled or stopped, or its pool has ended. */
  readonly expected: boolean
  /** How many outcomes the worker sent. */
  readonly calls: number
}

/** A diagnostics channel with a type for its messages. */
export interface EventChannel<T> {
  readonly name: string
  readonly hasSubscribers: boolean
  publish(message: T): void
}

const open = <T>(name: string): EventChannel<T> => channel(`pebble-ts:${name}`) as EventChannel<T>

export const callQueued = open<CallEvent>('call:queued')
export const callStarted = open<CallStartedEvent>('call:started')
export const callSettled = open<CallSettledEvent>('call:settled')
export const workerStarted = open<WorkerStartedEvent>('worker:started')
export const workerExited = open<WorkerExitedEvent>('worker:exited')

/** Events that are published next. */
const unpublished: Array<() => void> = []

/**
 * Publishes an event of a worker in a microtask: a subscriber may call the library, which is about to change the calls of
 * that worker.
 */
export function publishSoon<T>(to: EventChannel<T>, event: T): void {
  unpublished.push(bind(() => to.publish(event)))
  if (unpublished.length === 1) void Promise.resolve().then(publishAll)
}

function publishAll(): void {
  for (const publish of unpublished.splice(0)) publish()
}

export type Unsubscribe = () => void

/** Calls `fn` with each message of a channel, until the returned function is called. */
export function subscribe<T>(to: EventChannel<T>, fn: (message: T) => void): Unsubscribe {
  const listener = (message: unknown): void => fn(message as T)
  subscribeTo(to.name, listener)
  return () => void unsubscribe(to.name, listener)
}

/** Whether a channel for calls has subscribers. */
export const callsAreWatched = (): boolean =>
  callSettled.hasSubscribers || callStarted.hasSubscribers || callQueued.hasSubscribers

/** A thrown value in one line. */
export function lineOf(thrown: unknown): string {
  return summary(thrown).split('\n', 1)[0] as string
}

let offset: number | undefined

/** Converts a time of {@link monotonic} to the clock of `performance.now()`. */
export function onThisClock(time: number): number {
  offset ??= monotonic() - sinceStart()
  return time - offset
}
