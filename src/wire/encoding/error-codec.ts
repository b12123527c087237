/**
 * Errors, both as values and as what a body threw. Encoding an error never fails: properties that cannot be sent, and
 * properties whose getters throw, are left out, and the error lists their paths.
 */
import { summary } from '../../utils/text'
import { hooksOf, serializableClass, serializableOf } from '../serializable'
import { OMITTED, type Encoder } from './encoder'
import { errorOf, typeOf } from './error-classes'
import { MARK, put, type ErrorMarker } from './markers'
import { addClass, fromState, stateOf } from './serializable-codec'
import { kindOf } from './value-kinds'

export function encodeError(error: object, encoder: Encoder): ErrorMarker {
  const marker = encoder.mark(error, textOf(error))
  encoder.enter(error)
  const omitted = encoder.noteOmissions(() => {
    encodeClass(error, marker, encoder)
    if (!('state' in marker)) encodeProperties(error, marker, encoder)
  })
  encoder.leave()
  if (omitted) marker.omitted = omitted
  return marker
}

/** The text of an error: enough to rebuild one that says the same. */
export function textOf(error: object): ErrorMarker {
  const { name, message } = { name: read(error, 'name', 'Error'), message: read(error, 'message', '') }
  const stack = read(error, 'stack', message === '' ? name : `${name}: ${message}`)
  return { [MARK]: 'error', name, message, stack, type: typeOf(error) }
}

function read(error: object, key: 'name' | 'message' | 'stack', fallback: string): string {
  try {
    const value = (error as Record<string, unknown>)[key]
    if (value === undefined) return fallback
    if (typeof value === 'string') return value
    return key === 'stack' ? fallback : summary(value) // `Error.prepareStackTrace` may return any value
  } catch {
    return fallback
  }
}

function encodeClass(error: object, marker: ErrorMarker, encoder: Encoder): void {
  const marked = serializableOf(error)
  if (marked === undefined) return
  marker.id = encoder.name(marked.id)
  addClass(marked.id, encoder)
  const hooks = hooksOf(marked.cls)
  if (hooks === undefined || typeof hooks === 'string') return
  encoder.at({ text: '[serialize]()' })
  const state = encoder.leniently(() => stateOf(error, hooks, encoder))
  if (state !== OMITTED) marker.state = state
}

/** Encodes own properties, `cause` and `errors` among them. */
function encodeProperties(error: object, marker: ErrorMarker, encoder: Encoder): void {
  const keys = Object.getOwnPropertyNames(error).filter((key) => key !== 'message' && key !== 'stack')
  encoder.count(keys.length + 1)
  for (const key of keys) {
    encoder.at(key)
    const value = encoder.leniently(() => encodeProperty(error as Record<string, unknown>, key, encoder))
    if (value === OMITTED) continue
    const enumerable = Object.prototype.propertyIsEnumerable.call(error, key)
    put(enumerable ? (marker.props ??= {}) : (marker.hidden ??= {}), key, value)
  }
}

function encodeProperty(error: Record<string, unknown>, key: string, encoder: Encoder): unknown {
  const value = error[key]
  return key === 'errors' && Array.isArray(value) ? encodeErrors(value, encoder) : encoder.encode(value)
}

/** The errors of an AggregateError keep their indexes. An item that cannot be sent is replaced by its text. */
function encodeErrors(errors: unknown[], encoder: Encoder): unknown[] {
  encoder.enter(errors)
  const copy = errors.map((item, index) => {
    encoder.at(index)
    const encoded = encoder.leniently(() => encoder.encode(item))
    return encoded === OMITTED ? replacementOf(item) : encoded
  })
  encoder.leave()
  return copy
}

function replacementOf(item: unknown): unknown {
  return typeof item === 'object' && item !== null && kindOf(item).encoding === 'error' ? textOf(item) : summary(item)
}

/** Makes an error of the class that `marker` names, or of the closest one that exists here; without its properties. */
export function emptyError(marker: ErrorMarker): Error {
  const error = errorOf(marker.type, marker.message, marker.name)
  const cls = marker.id === undefined ? undefined : serializableClass(marker.id)
  return cls === undefined ? error : (Object.setPrototypeOf(error, cls.prototype as object) as Error)
}

/** The error that the class makes from its state, or `undefined` if that fails. */
export function errorFromState(id: string, state: unknown): object | undefined {
  try {
    const error = fromState(id, state)
    return typeof error === 'object' && error !== null ? error : undefined
  } catch {
    return undefined
  }
}

export function fillError(error: object, marker: ErrorMarker): void {
  for (const [key, value] of Object.entries(marker.props ?? {})) put(error, key, value)
  for (const [key, value] of Object.entries(marker.hidden ?? {})) put(error, key, value, false)
  for (const key of ['name', 'message'] as const)
    if (read(error, key, '') !== marker[key]) put(error, key, marker[key], false)
  finishError(error, marker)
}

/** Adds what no class restores itself: the remote stack, and the paths of what was left out. */
export function finishError(error: object, { stack, omitted }: ErrorMarker): void {
  try {
    put(error, 'stack', stack, false)
    if (omitted) put(error, 'omitted', [...earlierOmissions(error), ...omitted], false)
  } catch {
    // `[deserialize]` returned a frozen error
  }
}

/** What was left out when the same error was sent before. */
function earlierOmissions(error: object): readonly unknown[] {
  const { omitted } = error as { omitted?: unknown }
  return Array.isArray(omitted) ? omitted : []
}
