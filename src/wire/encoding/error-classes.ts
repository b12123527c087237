/** The error classes that exist on both sides: those of the language, of Node.js and of this library. */
import { types } from 'node:util'
import * as pebble from '../../errors'

const BUILT_IN = [
  'Error',
  'AggregateError',
  'EvalError',
  'RangeError',
  'ReferenceError',
  'SuppressedError',
  'SyntaxError',
  'TypeError',
  'URIError',
]
const WEB_ASSEMBLY_ERRORS = ['CompileError', 'LinkError', 'RuntimeError']
const OWN = [
  'PebbleError',
  'TimeoutError',
  'CancelledError',
  'ProcessExpired',
  'ThreadExpired',
  'PoolError',
  'SerializationError',
  'NotFoundError',
  'LockError',
  'QueueEmpty',
  'QueueFull',
] as const
const PREFIX = 'pebble.'
const WEB_ASSEMBLY = 'WebAssembly.'

const globals = globalThis as unknown as Record<string, unknown>
let ownTypes: Map<object, string> | undefined

/** The name of the closest class of an error that exists on the other side. */
export function typeOf(error: object): string {
  ownTypes ??= new Map(OWN.map((name) => [pebble[name].prototype as object, PREFIX + name]))
  for (let p: object | null = error; p !== null; p = Object.getPrototypeOf(p) as object | null) {
    if (types.isProxy(p)) break
    const type = ownTypes.get(p) ?? builtInType(p)
    if (type !== undefined) return type
  }
  return 'Error'
}

// compared by name, because errors come from several realms
function builtInType(prototype: object): string | undefined {
  const constructor: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value
  if (typeof constructor !== 'function') return undefined
  const { name } = constructor
  if (name === 'DOMException' && constructor === globalThis.DOMException) return name
  if (name === 'AssertionError') return constructor === assertionError() ? name : undefined
  if (!Function.prototype.toString.call(constructor).endsWith('{ [native code] }')) return undefined
  if (WEB_ASSEMBLY_ERRORS.includes(name)) return WEB_ASSEMBLY + name
  return BUILT_IN.includes(name) ? name : undefined
}

/** Loaded when it is needed: importing `node:assert` takes some ms, and few programs throw its errors. */
function assertionError(): Function {
  return process.getBuiltinModule('node:assert').AssertionError
}

/** A new error of that class; its text is set later. Runs no constructors but those of the language. */
export function errorOf(type: string, message: string, name: string): Error {
  if (type === 'DOMException' && typeof DOMException === 'function') return new DOMException(message, name)
  const error = new Error()
  const cls = classOf(type)
  return cls === Error ? error : (Object.setPrototypeOf(error, cls.prototype as object) as Error)
}

function classOf(type: string): Function {
  if (type.startsWith(PREFIX)) return pebble[type.slice(PREFIX.length) as (typeof OWN)[number]] ?? Error
  if (type === 'AssertionError') return assertionError()
  const cls = type.startsWith(WEB_ASSEMBLY)
    ? webAssemblyClass(type)
    : BUILT_IN.includes(type)
      ? globals[type]
      : undefined
  return typeof cls === 'function' ? cls : Error
}

function webAssemblyClass(type: string): unknown {
  return (globals.WebAssembly as Record<string, unknown> | undefined)?.[type.slice(WEB_ASSEMBLY.length)]
}
