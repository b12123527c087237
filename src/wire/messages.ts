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
 * frames (`frames.ts`) in a ring (threads, `ring.ts`) or a pipe (processes); events and large outcomes of threads go
 * through the port. The start of a call is not a message: the worker marks it in the call's slot (`slots.ts`), which
 * the parent can read at any time.
 *
 * The other files of this folder:
 *
 *   values, errors, fields        pack and unpack what messages carry; `encoding/` does the work, `packed` is the result
 *   serializable, functions,      what users and higher layers register for packing
 *   transfer
 *   slots, slot-file              how far each call is, readable without a message
 *   frames, quick-batch,          messages as bytes, for the ring and the pipes; `RunCollector` of `frames` joins results
 *   message-stream, ring          of successive elements into one ElementRun
 *   frame-stream                  cuts what a pipe delivers into frames and their large parts
 *   large-payloads                what is sent beside a batch of calls
 *   kept-results                  results of elements that a process keeps until it sends them
 */
import type { LoggerState } from '../utils/nest-logger'
import type { Packed } from './packed'

/** How many slots for calls a worker has. A call's slot is `sequence % SLOTS`, so a worker never has more calls. */
export const SLOTS = 512

/** How many values a streaming body may produce before its reader asks for more. */
export const STREAM_AHEAD = 8

/** Describes a method to a worker, once; calls name it by its index. Only `worker/resolve` reads the rest. */
export interface MethodDefinition {
  readonly index: number
  /** A `MethodKey` of `registry/keys`. */
  readonly key: unknown
  /** A `ClassRef` of `registry/keys` if the class of `this` is not the one that defines the method. */
  readonly cls: unknown
  /** For error texts. */
  readonly label: string
}

/** The number of fields of one call in a batch. */
export const CALL_WIDTH = 7
/** One call in a batch. */
export type CallFields = [
  sequence: number, // counts the calls of this worker; identifies the call in all later messages
  serial: number, // counts the calls of the parent; `idBase` and this number make the task's id
  method: number, // the index of its MethodDefinition
  flags: number, // the flags of `self` and of `args` (`packed.ts`), see `callFlags`, and LONE_CALL
  self: unknown, // the packed snapshot of `this`, or undefined
  args: unknown, // packed arguments
  extra: CallExtra | undefined, // what only some calls need
]

/** A field of `this` that was left out; `logger` is the state of a logger of Nest, which the worker can create again. */
export type AbsentField = readonly [field: string, description: string, logger?: LoggerState]

/** The entries of a store whose keys are symbols. `data` and `absent` name each entry by the index of its key in `keys`. */
export interface SymbolEntries {
  /** Each a `SymbolRef` of `registry/symbol-refs`. */
  readonly keys: readonly unknown[]
  readonly data: unknown
  readonly flags: number
  readonly absent: readonly AbsentField[]
}

/** A store of the caller's async context. `absent` names what was left out of a plain object. */
export type PackedStore = readonly [
  id: string,
  data: unknown,
  flags: number,
  absent?: readonly AbsentField[],
  symbols?: SymbolEntries,
]

/** What only some calls need. */
export interface CallExtra {
  /** Ids of `@serializable` classes to load before unpacking. */
  readonly classes?: readonly string[]
  /** Fields of `this` that were left out, and what they hold: `['db', 'an instance of Database']`. */
  readonly absent?: readonly AbsentField[]
  /** A `FieldSourceRef` of `registry/field-sources`: where the worker finds its own values of the absent fields. */
  readonly fields?: unknown
  /** `self` is the state that `[serialize]()` returned. */
  readonly custom?: boolean
  /** The stores of the caller's async context (`propagate`). */
  readonly stores?: readonly PackedStore[]
  /** The headers of the call's OpenTelemetry span. */
  readonly trace?: Readonly<Record<string, string>>
  /** The body's values are streamed. */
  readonly stream?: boolean
  /** The call is a chunk of `map`: `args` holds the arguments of all its elements, this many for each. */
  readonly chunk?: number
  /** The last argument, an object, gets what the initializer returned as its `workerData`. */
  readonly workerData?: boolean
  /** The id of the task, if the caller is on another machine. */
  readonly id?: string
  /** The URL of the root folder that portable names belong to, if the caller is on another machine. */
  readonly root?: string
  /** When the process has to end if the lease of the call is not extended, in ms of `monotonic()`. */
  readonly until?: number
}

/** `[definitions or 0, ...CallFields, ...CallFields]`: one flat array for any number of calls. */
export type CallBatch = [definitions: readonly MethodDefinition[] | 0, ...fields: unknown[]]

export type ControlMessage =
  // aborts the task's signal
  | { readonly type: 'abort'; readonly sequence: number; readonly reason: string; readonly cause?: Packed }
  // aborts an AbortSignal among the arguments
  | { readonly type: 'signal'; readonly sequence: number; readonly signal: number; readonly reason: Packed }
  // a stream's reader asks for more values
  | { readonly type: 'pull'; readonly sequence: number; readonly count: number }
  // a stream's reader wants no more values
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
  ElementRun, // the results of successive elements, in one array; `duration` is the index of the first. See `frames.ts`
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

/** The `sequence` of a {@link MessageKind.Request} that wants no response. */
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
  /** The prefix of task ids: the first 24 characters of a UUID. */
  readonly idBase: string
  readonly kind: 'thread' | 'process'
  readonly concurrency: number
  /** Bytes of heap (threads) or resident set (processes) above which the worker asks to be recycled. */
  readonly maxMemory?: number
  /** How deeply the pool is nested in workers; 1 for the pools of the program itself. */
  readonly depth: number
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
 * A pipe that closes when the thread that started the worker is gone, however that ended. It carries the extensions of
 * leases: `[sequence, until]`, two f64 each.
 */
export const LIFELINE = 6

const SELF_SHIFT = 3

/** Packs the flags of `self` and `args` into one small integer. */
export const callFlags = (self: number, args: number): number => (self << SELF_SHIFT) | args
export const selfFlags = (flags: number): number => (flags >> SELF_SHIFT) & ((1 << SELF_SHIFT) - 1)
export const argsFlags = (flags: number): number => flags & ((1 << SELF_SHIFT) - 1)

/** A flag of a call: its pool had no other call when it was sent. */
export const LONE_CALL = 1 << (2 * SELF_SHIFT)
const FLAGS_AT = 4

/** Whether the first call of a batch was the only one of its pool when it was sent. */
export const isLoneCall = (batch: CallBatch): boolean => ((batch[FLAGS_AT] as number) & LONE_CALL) !== 0
