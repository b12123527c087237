/** What `pack` makes and `unpack` takes: the only thing a channel knows of values. */

/** Nothing to do on arrival: primitives, plain objects, arrays. */
export const PLAIN = 0
/** Markers of codecs stand in the data; unpacking walks it. */
export const CODED = 1
/** The data is a `Uint8Array` that `v8.serialize` wrote. */
export const BYTES = 2
/** Threads only: the data holds what cannot be made bytes, and is cloned by `postMessage` with the transfer list. */
export const LIVE = 4

/** An object whose ownership moves, as in the transfer list of `postMessage`. */
export type Transferable = NonNullable<NonNullable<Parameters<typeof structuredClone>[1]>['transfer']>[number]

export interface Packed {
  data: unknown
  flags: number
  /** For `postMessage`. A packed value with a transfer list can be sent once only. */
  transfer?: Transferable[]
  /** Ids of the `@serializable` classes in it; the receiver loads them before it unpacks. */
  classes?: string[]
}

export interface PackContext {
  /** The first word of paths: `args`, `result`, `this`, `error`, `yielded`. */
  root: string
  /** What the value belongs to, for messages: `` `render` of pdf.ts ``. */
  of?: string
  kind: 'thread' | 'process'
  /** Makes an AbortSignal known to the channel. Called for each signal once, after everything else was packed. */
  signals?: { add(signal: AbortSignal): number }
  /** Class instances that are not serializable are refused (the state of `this`), instead of sent as plain data. */
  strict?: boolean
  /** Threads only: moved with the value, as by `transfer()` on it. */
  moved?: readonly Transferable[]
  /** What `[serialize]` hooks gave, by instance: asked once, however often the value is walked. Filled by packing. */
  states?: Map<object, unknown>
  /** What crosses by its name alone: to be kept alive as long as the message may be on its way. Filled by packing. */
  kept?: object[]
  /** All but primitives are made BYTES, which spares the copy. */
  bytes?: boolean
}

export interface UnpackContext {
  signals?: { get(id: number): AbortSignal }
}
