/** Markers stand in packed data for values that codecs handle. The key MARK tells them from other objects. */
export const MARK = '@pebble-ts'

export interface Escaped {
  [MARK]: 'escaped' // an object of the user that looks like a marker
  value: object
}

export interface ErrorMarker {
  [MARK]: 'error'
  name: string
  message: string
  stack: string
  type: string // the closest class that exists on both sides
  id?: string // of a @serializable class
  state?: unknown // what its [serialize] returned
  props?: object
  hidden?: object // own properties that are not enumerable, such as `cause` and `errors`
  omitted?: string[] // paths of what could not be sent
}

export interface FieldsMarker {
  [MARK]: 'fields' // an instance of a @serializable class
  id: string
  fields: object
  base?: unknown // the built-in that it extends: Array, Map, Date, …
}

export interface StateMarker {
  [MARK]: 'state' // an instance of a @serializable class with hooks
  id: string
  state: unknown
}

export interface SignalMarker {
  [MARK]: 'signal'
  signal: number
}

export interface TextMarker {
  [MARK]: 'url' | 'query'
  text: string
}

export interface FileMarker {
  [MARK]: 'file' // in live data only
  blob: unknown
  name: string
  lastModified: number
}

export interface BufferMarker {
  [MARK]: 'buffer' // in live data only: `postMessage` delivers a Buffer as a Uint8Array
  bytes: Uint8Array
}

export interface FunctionMarker {
  [MARK]: 'function'
  key: unknown // from the function codec
}

export type Marker =
  | FunctionMarker
  | Escaped
  | ErrorMarker
  | FieldsMarker
  | StateMarker
  | SignalMarker
  | TextMarker
  | FileMarker
  | BufferMarker

export function isMarker(value: object): value is Marker {
  return typeof (value as Partial<Marker>)[MARK] === 'string'
}

export function isPrimitive(value: unknown): boolean {
  const type = typeof value
  return type === 'object' ? value === null : type !== 'function' && type !== 'symbol'
}

/** Sets an own property, even if the key is `__proto__` or the prototype has a setter. */
export function put(target: object, key: PropertyKey, value: unknown, enumerable = true): void {
  Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true })
}
