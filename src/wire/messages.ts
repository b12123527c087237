/**
 * The protocol between a parent and one of its workers: every message, without behaviour.
 *
 *   parent ──► worker            is about                 order
 *     SessionSettings            the worker's start       first
 *     CallBatch                  calls                    by sequence; the worker starts them in this order
 *     abort                      its task's signal        after its call
 *     signal                     an AbortSignal argument  after its call
 *     pull, return               a stream's reader        after its call
 *     response                   a Request                in any order
 *     end, stop                  the worker's end         last
 *
 *   worker ──► parent            is about                 order
 *     Ready | Broken             its start                first; no calls follow Broken
 *     Item, Progress,            events of a call         after its start, before its outcome
 *     Element, ElementThrown,
 *     ElementRun
 *     Value | Thrown | Revoked   the outcome of a call    once for each call; leaves before the next body starts
 *     Request                    a service                at any time
 *     Warning, OverMemory        the worker               at any time
 *     Failed                     the library's own error  last
 *     CHILDLESS                  the answer to `end`      last
 *     0                          the port of a thread     first: the thread runs; later: the ring has frames to read
 *
 * To a worker, messages go through a port (threads) or a pipe (processes, `message-stream.ts`). From a worker, they are
 * frames (`frames.ts`) in a ring (threads, `ring.ts`) or a pipe (processes). What is large, cannot become bytes, or must
 * keep its order, goes through the port of a thread. The start of a call is not a message: the worker marks it in the call's slot
 * (`slots.ts`), which the parent can read at any time.
 *
 * The other files of this folder:
 *
 *   call-batch                    the layout of the calls that are sent together
 *   values, errors, fields        pack and unpack what messages carry; `encoding/` does the work, `packed` is the result
 *   serializable, functions,      what users and higher layers register for packing
 *   transfer
 *   slots, slot-file              how far each call is, readable without a message
 *   frames, quick-batch,          messages as bytes, for the ring and the pipes
 *   message-stream, ring
 *   run-collector                 joins results of successive elements into one ElementRun
 *   frame-stream                  splits the data of a pipe into frames and their large parts
 *   kept-results                  results of elements that a process keeps until it sends them
 */
import type { CallBatch, MethodDefinition } from './call-batch'
import type { Packed } from './packed'

/** How many values a streaming body may produce before its reader asks for more. */
export const STREAM_AHEAD = 8

export type ControlMessage =
  // aborts the task's signal
  | { readonly type: 'abort'; readonly sequence: number; readonly reason: string; readonly cause?: Packed }
  // aborts an AbortSignal among the arguments
  | { readonly type: 'signal'; readonly sequence: number; readonly signal: number; readonly reason: Packed }
  // a stream's reader asks for more values
  | { readonly type: 'pull'; readonly sequence: number; readonly count: number }
  // a stream's reader needs no more values
  | { readonly type: 'return'; readonly sequence: number }
  // answers a request of the worker
  | ({ readonly type: 'response' } & ServiceResponse)
  // the thread ends its processes and answers CHILDLESS; then it is terminated
  | { readonly type: 'end' }
  // no more messages follow; the worker ends by itself
  | { readonly type: 'stop' }

/** The answer to a {@link MessageKind.Request}; `data` is packed, and an error if `failed`. */
export interface ServiceResponse {
  readonly request: number
  readonly failed: boolean
  readonly data: unknown
  readonly flags: number
  /** Ids of `@serializable` classes to load before unpacking. */
  readonly classes?: readonly string[]
}

export type ParentMessage = CallBatch | ControlMessage

/** The kinds of messages of a worker. */
export const enum MessageKind {
  Value, // the body's result
  Thrown, // what the body threw
  Revoked, // the call was revoked before it started
  Item, // one value of a stream
  Element, // the result of one element of a chunk; `duration` is its index in the chunk
  ElementThrown, // what the body threw for an element; `duration` is its index in the chunk
  ElementRun, // the results of successive elements, in one array; `duration` is the index of the first. See `run-collector.ts`
  Progress, // currentTask().report(value)
  Ready, // the worker takes calls
  Broken, // the initializer failed; the worker takes no calls
  Warning, // an error outside any body
  Request, // for a service of the parent; `sequence` is the number of the request
  OverMemory, // the worker uses more memory than it may
  Failed, // an error of the library's own code in the worker, which ends
}

/** One message of a worker. */
export interface WorkerMessage {
  readonly kind: MessageKind
  /** The sequence of the call. Of a request: its number. Otherwise 0. */
  readonly sequence: number
  /** How long the body took, in ms. Of the kinds Element, ElementThrown and ElementRun: the index of the element. */
  readonly duration: number
  readonly flags: number
  readonly data: unknown
}

/** The `sequence` of a {@link MessageKind.Request} without a response. */
export const UNANSWERED = 0

/** What a thread answers to `end` once the processes of its pools have ended. */
export const CHILDLESS = 'childless'

/** What runs in a worker before it takes calls. */
export interface InitializerCall {
  readonly method: MethodDefinition
  readonly args: unknown
  readonly flags: number
  readonly classes?: readonly string[]
}

/** What a worker gets when it starts. */
export interface SessionSettings {
  /** A text that is unique to the parent thread. The ids of its tasks are made of it and of the serial of the call. */
  readonly idBase: string
  readonly kind: 'thread' | 'process'
  readonly concurrency: number
  /** Bytes of heap (threads) or resident set (processes) above which the worker asks to be recycled. */
  readonly maxMemory?: number
  /** How deeply the pool is nested in workers; 1 for the pools of the program itself. */
  readonly depth: number
  /** See `WorkerRole` of `registry/role`. */
  readonly lifelines: number
  readonly environment: {
    readonly testRunner: 'jest' | 'vitest' | 'mocha' | 'ava' | 'node' | null
    readonly mainModule: string | null
    readonly startFolder: string | null
  }
  readonly initializer?: InitializerCall
}

/** The descriptors of a worker process besides its standard streams. */
export const FROM_PARENT = 3
export const TO_PARENT = 4
export const SLOT_FILE = 5
/**
 * A pipe that closes when the thread that started the worker is gone, however the thread ended. It carries the
 * extensions of leases: `[sequence, until]`, two f64 each.
 *
 * The worker's end is inherited by the worker processes below it, behind their own lifelines. So it closes for the
 * parent when all of these processes have ended.
 *
 *   program ══ lifeline of A ══► fd 6 of A, and fd 7 of B
 *        A  ══ lifeline of B ══► fd 6 of B                    B: a worker process that A has started
 */
export const LIFELINE = 6
