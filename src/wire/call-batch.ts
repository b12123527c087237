/**
 * The layout of the calls that a parent sends together, and the fields of a call. `WorkerHandle` writes a batch, field
 * by field, and `CallBacklog` of the worker reads it.
 *
 *   [definitions │ sequence, serial, method, flags, self, args, extra │ sequence, serial, …]
 */
import type { LoggerState } from '../utils/nest-logger'
import { hasParts, LARGE, type Bytes } from './encoding/bytes'
import { BYTES } from './packed'

/** Describes a method to a worker, once. Calls name the method by its index. */
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

/**
 * A field of `this` that was left out; `logger` is the state of a logger of Nest, which the worker can create again.
 */
export type AbsentField = readonly [field: string, description: string, logger?: LoggerState]

/**
 * The entries of a store whose keys are symbols. `data` and `absent` name each entry by the index of its key in `keys`.
 */
export interface SymbolEntries {
  /** Each a `SymbolRef` of `registry/symbol-refs`. */
  readonly keys: readonly unknown[]
  readonly data: unknown
  readonly flags: number
  readonly absent: readonly AbsentField[]
}

/** A store of the caller's async context. `absent` names the entries that were left out of a plain object. */
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

const FLAGS = 3
const SELF = 4
const ARGS = 5
const SELF_SHIFT = 3

/** Packs the flags of `self` and `args` into one small integer. */
export const callFlags = (self: number, args: number): number => (self << SELF_SHIFT) | args
export const selfFlags = (flags: number): number => (flags >> SELF_SHIFT) & ((1 << SELF_SHIFT) - 1)
export const argsFlags = (flags: number): number => flags & ((1 << SELF_SHIFT) - 1)

const BYTES_ANYWHERE = callFlags(BYTES, BYTES)

/** A flag of a call: its pool had no other call when it was sent. */
export const LONE_CALL = 1 << (2 * SELF_SHIFT)

/** Whether the first call of a batch was the only one of its pool when it was sent. */
export const isLoneCall = (batch: CallBatch): boolean => ((batch[1 + FLAGS] as number) & LONE_CALL) !== 0

/** Replaces the large payloads of a batch. Returns a changed copy, or the batch itself if it has none. */
export function replaceLarge(batch: CallBatch, replace: (bytes: Bytes) => unknown): CallBatch {
  let copy: CallBatch | undefined
  for (let at = 1; at < batch.length; at += CALL_WIDTH) {
    const flags = batch[at + FLAGS] as number
    if ((flags & BYTES_ANYWHERE) === 0) continue
    if (isLarge(batch[at + SELF], selfFlags(flags)))
      (copy ??= [...batch])[at + SELF] = replace(batch[at + SELF] as Bytes)
    if (isLarge(batch[at + ARGS], argsFlags(flags)))
      (copy ??= [...batch])[at + ARGS] = replace(batch[at + ARGS] as Bytes)
  }
  return copy ?? batch
}

/**
 * Copies the large payloads of a batch into memory that can be moved. The batch keeps its own memory, because it may be
 * sent again.
 *
 * @param copies gets the memory of the copies
 * @returns a changed copy, or the batch itself if it has none
 */
export function copyLarge(batch: CallBatch, copies: ArrayBuffer[]): CallBatch {
  const copy = (bytes: Uint8Array): Uint8Array => {
    const own = new Uint8Array(bytes.byteLength)
    own.set(bytes)
    copies.push(own.buffer)
    return own
  }
  return replaceLarge(batch, (bytes) => (hasParts(bytes) ? bytes.map(copy) : copy(bytes)))
}

function isLarge(data: unknown, flags: number): boolean {
  if ((flags & BYTES) === 0) return false
  return hasParts(data as Bytes) || (data as Uint8Array).byteLength >= LARGE
}
