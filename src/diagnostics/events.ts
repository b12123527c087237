/**
 * What the pools of this program do, on `node:diagnostics_channel`: five channels, each with one kind of message. While
 * nobody subscribes, they cost a comparison.
 *
 *   call:queued ──► call:started ──► call:settled        worker:started ──► worker:exited
 *        └──────────────────────────────►┘
 */
import { channel } from 'node:diagnostics_channel'
import { now } from '../utils/clock'
import { summary } from '../utils/text'
import { monotonic } from '../wire/slots'

/** A call, from its first event to its last. */
export interface CallEvent {
  /** The future's `id`. */
  readonly id: string
  /** What messages call it: `render of pdf.ts`, or its name. */
  readonly label: string
  /** Counts the calls of that method. */
  readonly number: number
  /** Name of the pool. */
  readonly pool: string
  readonly kind: 'thread' | 'process'
  /** When the pool accepted it. All times: ms on the clock of `performance.now()`. */
  readonly queuedAt: number
}

/** Its body runs. */
export interface CallStartedEvent extends CallEvent {
  readonly startedAt: number
  readonly worker: WorkerEvent
}

/** It is over. */
export interface CallSettledEvent extends CallEvent {
  /** When its body started; `null`: it never did. */
  readonly startedAt: number | null
  readonly settledAt: number
  /** How long its body ran, in ms, as its worker measured it, or until the call was settled; `null`: it never did. */
  readonly duration: number | null
  /** Where it ran; `null` where it did not. */
  readonly worker: WorkerEvent | null
  readonly state: 'finished' | 'failed' | 'cancelled'
  /** Why, where it failed or was cancelled. */
  readonly error: unknown
}

/** A worker. */
export interface WorkerEvent {
  /** Name of its pool. */
  readonly pool: string
  readonly kind: 'thread' | 'process'
  /** Names it among the workers of this thread. */
  readonly name: string
  /** Its process id or thread id; `null` until it is known: a thread's is not at its start. */
  readonly id: number | null
}

/** It was told to start. */
export interface WorkerStartedEvent extends WorkerEvent {
  readonly startedAt: number
}

/** It is gone. */
export interface WorkerExitedEvent extends WorkerEvent {
  readonly exitedAt: number
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  /** Whether it was told to end: it was recycled, stopped, or its pool is done. */
  readonly expected: boolean
  /** Calls that it brought to an outcome. */
  readonly calls: number
}

/** A channel whose messages have a type. */
export interface Typed<T> {
  readonly name: string
  readonly hasSubscribers: boolean
  publish(message: T): void
}

const open = <T>(name: string): Typed<T> => channel(`pebble-ts:${name}`) as Typed<T>

export const callQueued = open<CallEvent>('call:queued')
export const callStarted = open<CallStartedEvent>('call:started')
export const callSettled = open<CallSettledEvent>('call:settled')
export const workerStarted = open<WorkerStartedEvent>('worker:started')
export const workerExited = open<WorkerExitedEvent>('worker:exited')

/** Whether anybody listens to calls. */
export const callsAreWatched = (): boolean =>
  callSettled.hasSubscribers || callStarted.hasSubscribers || callQueued.hasSubscribers

/** An error, or whatever was thrown, in one line. */
export function lineOf(thrown: unknown): string {
  return summary(thrown).split('\n', 1)[0] as string
}

let offset: number | undefined

/** A time of {@link monotonic} on the clock of `performance.now()`. */
export function onThisClock(time: number): number {
  offset ??= monotonic() - now()
  return time - offset
}
