/**
 * What `pack` returns and `unpack` takes: data and flags. Channels carry it and know nothing else about values. The flags
 * below say how the data is encoded.
 */

/** Nothing to decode on arrival: primitives, plain objects, arrays. */
export const PLAIN = 0
/** The data contains markers, which unpacking decodes. */
export const CODED = 1
/** The data is what `encoding/bytes` wrote: a `Uint8Array`, or an array of it and of large memory beside it. */
export const BYTES = 2
/** Threads only: the data cannot be made bytes, and is cloned by `postMessage` with the transfer list. */
export const LIVE = 4
/** Of an error, beside the others: the body has not started, because it was not found. */
export const NOT_STARTED = 8

/** An object whose ownership moves, as in the transfer list of `postMessage`. */
export type Transferable = NonNullable<NonNullable<Parameters<typeof structuredClone>[1]>['transfer']>[number]

export interface Packed {
  data: unknown
  flags: number
  /** For `postMessage`. A packed value with a transfer list can be sent only once. */
  transfer?: Transferable[]
  /** Ids of the `@serializable` classes in the data. The receiver loads them before it unpacks. */
  classes?: string[]
}

export interface PackContext {
  /** The first word of the paths in error messages: `args`, `result`, `this`, `error`, `yielded`. */
  root: string
  /** What the value belongs to, for error messages: `` `render` of pdf.ts ``. */
  of?: string
  kind: 'thread' | 'process'
  /** Registers an AbortSignal with the channel. Called once for each signal, after everything else is packed. */
  signals?: { add(signal: AbortSignal): number }
  /** Instances of classes that are not serializable are refused (the state of `this`) instead of sent as plain data. */
  strict?: boolean
  /** Threads only: objects that are moved and not copied, as if `transfer()` marked them. */
  moved?: readonly Transferable[]
  /** Results of `[serialize]` by instance: a hook runs once for each, even if packing starts over. Packing fills it. */
  states?: Map<object, unknown>
  /** Objects that are sent by id only. They must stay alive until the message has arrived. Packing fills it. */
  keepAlive?: object[]
  /** The value goes to another machine: names are portable, and what lives in this program is refused. */
  far?: boolean
  /** Objects are always made BYTES, which saves a copy. */
  bytes?: boolean
  /**
   * The value is sent once, before anything else runs. So large memory is moved with it to a thread, and goes to a
   * process without a copy in between.
   */
  sentNow?: boolean
}

export interface UnpackContext {
  signals?: { get(id: number): AbortSignal }
}
