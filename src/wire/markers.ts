/** What stands in packed data for a value that a codec handles, and what tells it from the user's own objects. */
export const MARK = '@pebble-ts'

export interface Escaped {
  [MARK]: 'escaped' // a user's object that looks like a marker
  value: object
}

export interface ErrorMarker {
  [MARK]: 'error'
  name: string
  message: string
  stack: string
  type: string // the closest class that both sides have
  id?: string // of a @serializable class
  state?: unknown // what its [serialize] returned
  props?: object
  hidden?: object // own properties that are not enumerable; `cause` and `errors` are among them
  omitted?: string[] // paths of what could not cross
}

export interface FieldsMarker {
  [MARK]: 'fields' // an instance of a @serializable class
  id: string
  fields: object
  base?: unknown // for classes that extend Array, Map, Date, …
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
  [MARK]: 'buffer' // in live data only, where a Buffer would arrive as a Uint8Array
  bytes: Uint8Array
}

export interface FunctionMarker {
  [MARK]: 'function'
  key: unknown // what the codec of functions knows it by
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

/** Sets an own property, also where the key is `__proto__` or the prototype has a setter. */
export function put(target: object, key: PropertyKey, value: unknown, enumerable = true): void {
  Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true })
}
