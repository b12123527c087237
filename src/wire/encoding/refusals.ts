/** The texts of all errors about values that cannot be sent, and what to do about them. */
import { types } from 'node:util'
import { NotFoundError, SerializationError } from '../../errors'
import { summary } from '../../utils/text'
import { formatPath, type Step } from './paths'
import { kindOf, type Encoding, type RefusedKind } from './value-kinds'

export { SerializationError }

/** Why encoding stopped, and where. Records no stack, so it is cheap to throw. */
export class Refusal {
  constructor(
    readonly what: string,
    readonly remedy: string,
    readonly steps: readonly Step[],
    readonly cause?: unknown,
  ) {}

  toError({ root, of }: { readonly root: string; readonly of?: string }): SerializationError {
    const path = formatPath(root, this.steps)
    const what = of === undefined ? `\`${path}\`` : `\`${path}\` of ${of}`
    const direction = TO_WORKERS.some((each) => root.startsWith(each)) ? 'to' : 'from'
    const message = `Cannot send ${what} ${direction} a worker: ${this.what}. ${this.remedy}`.trimEnd()
    return new SerializationError(message, path, this.cause === undefined ? undefined : { cause: this.cause })
  }
}

/** The roots of values that a parent sends. */
const TO_WORKERS = ['args', 'initArgs', 'response', 'this']

const HANDLE = 'Send what it takes to make one there (an address, a path, an id).'

export const REMEDIES: Record<RefusedKind, string> = {
  function: 'Send data instead; the worker can import the functions it needs.',
  symbol: 'Send a string.',
  promise: 'Await it first, and send what it resolves to.',
  iterator: 'Send its values, as an array.',
  weak: 'Send a Map, a Set or an array.',
  controller: 'Send its `signal`.',
  handle: HANDLE,
  resource: HANDLE,
  proxy: 'Send a copy of what it stands for.',
}

export const isRefused = (how: Encoding): how is RefusedKind => Object.hasOwn(REMEDIES, how)

export const cannotBeCloned = (name: string): string => `${an(name)} cannot be cloned`

export const notSerializable = (name: string): string =>
  `${an(name)} is an instance of a class that is not @serializable`
export const MARK_THE_CLASS = 'Mark the class with @serializable, or leave the value out.'

export const threadsOnly = (name: string): string => `${an(name)} can be sent to threads, not to processes`
export const USE_A_THREAD = 'Use a thread, or send what is in it.'

export const ofThisProgram = (name: string): string =>
  `${an(name)} exists in one program, and other machines cannot reach it`
export const USE_A_SERVER = 'Use what all machines share, such as a lock or a list of your database.'

export const PASS_SIGNALS = 'Pass it as an argument of the call.'

export const unreadable = (error: unknown): string => `reading it threw ${summary(error)}`
export const READABLE = 'Make it readable, or leave it out.'

export const unmarked = (name: string): string => `${name} defines [serialize], but is not @serializable`
export const halfHooks = (name: string, missing: string): string => `${name} has no ${missing}`
export const HOOKS = 'Define both [serialize]() and static [deserialize](state), and mark the class with @serializable.'
export const serializeThrew = (name: string, error: unknown): string => `[serialize] of ${name} threw ${summary(error)}`
export const ownState = (name: string): string =>
  `[serialize] of ${name} returned something that holds the object itself`
export const OTHER_STATE = 'Return data that leaves the object out.'

export const TOO_DEEP = 'it is nested too deeply'
export const FLATTEN = 'Send it flat, or in parts.'

/** Whether the engine ran out of stack. While a value is encoded or decoded, it is nested too deeply. */
export const isOutOfStack = (error: unknown): boolean => types.isNativeError(error) && /call stack/.test(summary(error))

export function tooDeepToRead(cause: unknown): SerializationError {
  return new SerializationError(`Cannot read a value that was sent: ${TOO_DEEP}. ${FLATTEN}`, '', { cause })
}

export const refusedByEngine = (error: unknown): string => `it could not be cloned (${summary(error)})`

export function classNotFound(id: string): NotFoundError {
  return new NotFoundError(
    `The @serializable class ${id} is not loaded here. Export it from the module that defines it.`,
  )
}

export function noDeserialize(name: string): SerializationError {
  return new SerializationError(
    `Cannot rebuild ${an(name)}: the class has no [serialize] or static [deserialize]. ${HOOKS}`,
    '',
  )
}

export function deserializeThrew(name: string, error: unknown): SerializationError {
  const message = `Cannot rebuild ${an(name)}: static [deserialize] threw ${summary(error)}.`
  return new SerializationError(message, '', { cause: error })
}

export function stateHoldsItself(): SerializationError {
  return new SerializationError(
    `Cannot rebuild an object whose [serialize] state holds the object itself. ${OTHER_STATE}`,
    '',
  )
}

export function noSignals(): SerializationError {
  return new SerializationError(`Cannot rebuild an AbortSignal here. ${PASS_SIGNALS}`, '')
}

export const classOf = (value: object): string => kindOf(value).name

/** A primitive as code. */
export function literal(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : typeof value === 'bigint' ? `${value}n` : String(value)
}

/** `a Socket`, `an Agent`. */
export function an(name: string): string {
  return `${/^[AEIOU]/i.test(name) ? 'an' : 'a'} ${name}`
}
