/**
 * Errors, as values and as what was thrown. Encoding one never fails: what of it cannot cross is left out, and so is
 * what its own getters throw at.
 */
import { summary } from '../utils/text'
import { errorOf, typeOf } from './error-classes'
import { kindOf } from './value-kinds'
import { MARK, put, type ErrorMarker } from './markers'
import { hooksOf, serializableClass, serializableOf } from './serializable'
import { addClass, fromState, stateOf } from './serializable-codec'
import { OMITTED } from './stops'
import type { Encoder } from './encoder'

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

/** What of an error is text: enough to rebuild one that says the same. */
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
    return key === 'stack' ? fallback : summary(value) // `Error.prepareStackTrace` may give anything
  } catch {
    return fallback
  }
}

function encodeClass(error: object, marker: ErrorMarker, encoder: Encoder): void {
  const marked = serializableOf(error)
  if (marked === undefined) return
  marker.id = marked.id
  addClass(marked.id, encoder)
  const hooks = hooksOf(marked.cls)
  if (hooks === undefined || typeof hooks === 'string') return
  encoder.at({ text: '[serialize]()' })
  const state = encoder.leniently(() => stateOf(error, hooks, encoder))
  if (state !== OMITTED) marker.state = state
}

/** Own properties, `cause` and `errors` among them. */
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

/** The errors of an AggregateError keep their places. One that cannot cross is an error of the same text. */
function encodeErrors(errors: unknown[], encoder: Encoder): unknown[] {
  encoder.enter(errors)
  const copy = errors.map((item, index) => {
    encoder.at(index)
    const encoded = encoder.leniently(() => encoder.encode(item))
    return encoded === OMITTED ? textInstead(item) : encoded
  })
  encoder.leave()
  return copy
}

function textInstead(item: unknown): unknown {
  return typeof item === 'object' && item !== null && kindOf(item).encoding === 'error' ? textOf(item) : summary(item)
}

/** An error of the class that `marker` names, or of the closest one there is; its properties come later. */
export function errorShell(marker: ErrorMarker): Error {
  const shell = errorOf(marker.type, marker.message, marker.name)
  const cls = marker.id === undefined ? undefined : serializableClass(marker.id)
  return cls === undefined ? shell : (Object.setPrototypeOf(shell, cls.prototype as object) as Error)
}

/** The error that the class itself makes of its state, or undefined where it does not. */
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

/** Puts on what no class makes by itself: the remote stack, and the paths of what was left out. */
export function finishError(error: object, { stack, omitted }: ErrorMarker): void {
  try {
    put(error, 'stack', stack, false)
    if (omitted) put(error, 'omitted', [...earlier(error), ...omitted], false)
  } catch {
    // the class made a frozen one
  }
}

/** What was left out where the error has crossed before. */
function earlier(error: object): readonly unknown[] {
  const { omitted } = error as { omitted?: unknown }
  return Array.isArray(omitted) ? omitted : []
}
