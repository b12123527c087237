/**
 * What travels between a parent and one of its workers: two unions, by sender, without behaviour.
 *
 *   parent ──► worker    a batch of calls (an array, the hot path) or a control object
 *   worker ──► parent    one outcome each, out of the worker's hands before the next body starts
 */
import type { MethodDefinition } from './method-definition'
import type { Packed } from './packed'

/** How many call slots a worker has; a call's slot is `sequence % SLOTS`. More are never under way at once. */
export const SLOTS = 512

/** Values that a streaming body may be ahead of its consumer: its credit at the start. */
export const STREAM_AHEAD = 8

/** Fields of one call in a batch, in this order. */
export const CALL_WIDTH = 7
export type CallRecord = [
  sequence: number, // counts the calls of this worker; names the call in every later message
  serial: number, // counts the calls of the parent; with the session's base it is the task's id
  method: number, // index among the methods defined to this worker
  flags: number, // flags of `self` and of `args`, see `callFlags`, and ALONE
  self: unknown, // packed state of `this`, or undefined
  args: unknown, // packed arguments
  extra: CallExtra | undefined,
]

/** What only some calls need. */
export interface CallExtra {
  /** Serializable classes to load before unpacking. */
  readonly classes?: readonly string[]
  /** Fields of `this` that stay behind, with what they are: `['db', 'an instance of Database']`. */
  readonly absent?: ReadonlyArray<readonly [field: string, description: string]>
  /** `self` is what `[serialize]()` gave. */
  readonly custom?: boolean
  /** The body's values are streamed. */
  readonly stream?: boolean
  /** The call is a chunk of `map`: `args` are those of its elements in a row, so many for each. */
  readonly chunk?: number
  /** The last argument, an object, gets what the initializer gave as its `workerData`. */
  readonly workerData?: boolean
}

/** `[definitions or 0, ...CallRecord, ...CallRecord]`, flat: one array, whatever the number of calls. */
export type CallBatch = [definitions: readonly MethodDefinition[] | 0, ...fields: unknown[]]

export type ControlMessage =
  | { readonly type: 'abort'; readonly sequence: number; readonly reason: string; readonly cause?: Packed } // the task's signal
  | { readonly type: 'signal'; readonly sequence: number; readonly signal: number; readonly reason: Packed } // an AbortSignal among the arguments
  | { readonly type: 'pull'; readonly sequence: number; readonly count: number } // a stream's credit
  | { readonly type: 'return'; readonly sequence: number } // a stream's consumer has had enough
  | ({ readonly type: 'response' } & ServiceResponse) // to a request of the worker
  | { readonly type: 'end' } // end your processes, and answer CHILDLESS: you are terminated next (threads)
  | { readonly type: 'stop' } // nothing more will come: end by yourself

/** What a thread answers once the processes of its pools have ended. */
export const CHILDLESS = 'childless'

/** The number of a {@link MessageKind.Request} that wants no answer. */
export const UNANSWERED = 0

/** The answer to a {@link MessageKind.Request}; `data` is packed, an error where `failed`. */
export interface ServiceResponse {
  readonly request: number
  readonly failed: boolean
  readonly data: unknown
  readonly flags: number
  /** Serializable classes to load before unpacking. */
  readonly classes?: readonly string[]
}

export type ParentMessage = CallBatch | ControlMessage

/** Kinds of what a worker publishes. */
export const enum MessageKind {
  Value, // the body's result
  Thrown, // what the body threw
  Revoked, // a call that had been taken back before it started
  Item, // one value of a stream
  Element, // the result of one element of a chunk; `duration` is its index
  ElementThrown, // what the body threw for it
  Progress, // currentTask().report(value)
  Ready, // the session serves
  Broken, // the initializer failed; nothing will be served
  Warning, // an error outside any body
  Request, // something for a service of the parent; `sequence` is the request's number
  OverMemory, // the worker uses more memory than it may
  Failed, // an error of the library's own code in the worker, which ends
}

/** One message of a worker. */
export interface WorkerMessage {
  readonly kind: MessageKind
  readonly sequence: number
  /** Milliseconds that the body took; the index of an element. */
  readonly duration: number
  readonly flags: number
  readonly data: unknown
}

/** What runs in a worker before it serves. */
export interface InitializerCall {
  readonly method: MethodDefinition
  readonly args: unknown
  readonly flags: number
  readonly classes?: readonly string[]
}

/** What a worker is told when it starts. */
export interface SessionSettings {
  /** Prefix of task ids: the first 24 characters of a UUID. */
  readonly idBase: string
  readonly kind: 'thread' | 'process'
  readonly concurrency: number
  /** Bytes of heap (threads) or resident set (processes) above which the worker asks to be replaced. */
  readonly maxMemory?: number
  /** How many pools deep the worker stands; the workers of the program's own pools: 1. */
  readonly depth: number
  readonly environment: {
    readonly testRunner: 'jest' | 'vitest' | 'mocha' | 'ava' | 'node' | null
    readonly mainModule: string | null
    readonly startFolder: string | null
  }
  readonly initializer?: InitializerCall
}

const SELF_SHIFT = 3

/** Packs the flags of both payloads of a call into one small integer. */
export const callFlags = (self: number, args: number): number => (self << SELF_SHIFT) | args
export const selfFlags = (flags: number): number => (flags >> SELF_SHIFT) & ((1 << SELF_SHIFT) - 1)
export const argsFlags = (flags: number): number => flags & ((1 << SELF_SHIFT) - 1)

/** Among the flags of a call: when it was sent, its pool had no other. */
export const LONE_CALL = 1 << (2 * SELF_SHIFT)
const FLAGS_AT = 4
/** Whether the first call of a batch was sent as the only one of its pool. */
export const isLoneCall = (batch: CallBatch): boolean => ((batch[FLAGS_AT] as number) & LONE_CALL) !== 0
