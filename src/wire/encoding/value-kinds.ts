/**
 * The kind of an object decides how it is encoded. It is found once per prototype, along the prototype chain, without
 * calling user code. Native classes are recognised by name and source text, so those of other realms are too.
 */
import { EventEmitter } from 'node:events'
import { types } from 'node:util'
import { host } from '../../utils/realm'

export type Encoding =
  | 'plain' // an object literal
  | 'data' // an instance of an ordinary class
  | 'array'
  | 'map'
  | 'set'
  | 'leaf' // structured clone copies it, and it holds no other values
  | 'view' // typed arrays, Buffer, DataView
  | 'error'
  | 'signal'
  | 'url'
  | 'query'
  | 'shared' // SharedArrayBuffer
  | 'file'
  | 'live' // can be cloned to threads, but not made bytes
  | 'movable' // can be moved to threads
  | RefusedKind

export type RefusedKind =
  | 'promise'
  | 'iterator'
  | 'weak'
  | 'symbol'
  | 'controller'
  | 'handle'
  | 'resource' // a handle that can be moved to threads (a net.Socket, in newer Node.js), if `transfer` asks for it
  | 'proxy'
  | 'function'

export interface ValueKind {
  readonly encoding: Encoding
  /** The name of the class, for error texts. */
  readonly name: string
}

export const PROXY: ValueKind = { encoding: 'proxy', name: 'Proxy' }
const ARRAY: ValueKind = { encoding: 'array', name: 'Array' }
const PLAIN: ValueKind = { encoding: 'plain', name: 'Object' }

const kinds = new WeakMap<object, ValueKind>()

export function kindOf(value: object): ValueKind {
  if (types.isProxy(value)) return PROXY
  if (Array.isArray(value)) return ARRAY
  const prototype = Object.getPrototypeOf(value) as object | null
  if (prototype === Object.prototype || prototype === null) return PLAIN
  let kind = kinds.get(prototype)
  if (kind === undefined) kinds.set(prototype, (kind = classify(value, prototype)))
  return kind
}

function classify(value: object, prototype: object): ValueKind {
  if (hasProxy(prototype)) return PROXY // checked first: its traps are user code
  const name = classNameOf(prototype)
  if (types.isKeyObject(value) || types.isCryptoKey(value)) return { encoding: 'live', name }
  for (let p: object | null = prototype; p !== null; p = Object.getPrototypeOf(p) as object | null) {
    const encoding = specials().get(p) ?? cloneable(p) ?? native(p) ?? builtIn(p)
    if (encoding === 'plain') return ordinaryKind(prototype, p, name)
    if (encoding === 'movable' && name !== 'FileHandle' && isEmitter(p)) return { encoding: 'resource', name }
    if (encoding !== undefined) return { encoding, name }
  }
  return ordinaryKind(prototype, null, name)
}

function hasProxy(prototype: object): boolean {
  for (let p: object | null = prototype; p !== null; p = Object.getPrototypeOf(p) as object | null)
    if (types.isProxy(p)) return true
  return false
}

function isEmitter(prototype: object): boolean {
  return Object.prototype.isPrototypeOf.call(EventEmitter.prototype as object, prototype)
}

/** The kind of an ordinary object: a literal, an instance of a class, or a wrapper of a resource. */
function ordinaryKind(prototype: object, root: object | null, name: string): ValueKind {
  if (!hasConstructor(prototype, root)) return PLAIN
  if (hasMethods(prototype, ['on', 'emit', 'removeListener'])) return { encoding: 'handle', name }
  if (hasMethods(prototype, ['ref', 'unref', 'hasRef'])) return { encoding: 'handle', name }
  return { encoding: 'data', name }
}

function hasConstructor(prototype: object, root: object | null): boolean {
  for (let p: object | null = prototype; p !== root && p !== null; p = Object.getPrototypeOf(p) as object | null)
    if (constructorOf(p) !== undefined) return true
  return false
}

let specialKinds: Map<object, Encoding> | undefined

/** Classes of Node.js that are written in JavaScript, recognised by identity. */
function specials(): Map<object, Encoding> {
  if (specialKinds) return specialKinds
  specialKinds = new Map<object, Encoding>([[EventEmitter.prototype as object, 'handle']])
  for (const [encoding, names] of Object.entries(HOST_CLASSES) as Array<[Encoding, string[]]>)
    for (const realm of [host, globalThis])
      for (const name of names) {
        const cls = (realm as unknown as Record<string, Function | undefined>)[name]
        if (cls) specialKinds.set(cls.prototype as object, encoding)
      }
  return specialKinds
}

const HOST_CLASSES: Partial<Record<Encoding, string[]>> = {
  signal: ['AbortSignal'],
  controller: ['AbortController'],
  url: ['URL'],
  query: ['URLSearchParams'],
  file: ['File'],
  error: ['DOMException'],
  movable: ['MessagePort'],
  handle: ['EventTarget'],
}

/** Node.js marks the classes that `postMessage` accepts with symbols. */
function cloneable(prototype: object): Encoding | undefined {
  let encoding: Encoding | undefined
  for (const symbol of Object.getOwnPropertySymbols(prototype)) {
    if (symbol.description === 'messaging_clone_symbol') return 'live'
    if (symbol.description === 'messaging_transfer_symbol') encoding = 'movable'
  }
  return encoding
}

const NATIVE: Record<string, Encoding> = {
  Object: 'plain',
  Array: 'array',
  Map: 'map',
  Set: 'set',
  Date: 'leaf',
  RegExp: 'leaf',
  Number: 'leaf',
  String: 'leaf',
  Boolean: 'leaf',
  BigInt: 'leaf',
  ArrayBuffer: 'leaf',
  SharedArrayBuffer: 'shared',
  DataView: 'view',
  TypedArray: 'view',
  Error: 'error',
  Promise: 'promise',
  WeakMap: 'weak',
  WeakSet: 'weak',
  WeakRef: 'weak',
  FinalizationRegistry: 'weak',
  Symbol: 'symbol',
  Iterator: 'iterator',
}

function native(prototype: object): Encoding | undefined {
  const constructor = constructorOf(prototype)
  if (constructor === undefined) return /(Iterator|Generator)$/.test(tagOf(prototype) ?? '') ? 'iterator' : undefined
  if (!isNative(constructor)) return undefined
  if (/(int|float)\d+(Clamped)?Array$/i.test(constructor.name)) return 'view'
  const tag = tagOf(prototype)
  if (tag === 'WebAssembly.Module' || tag === 'WebAssembly.Memory') return 'live'
  if (constructor.name.endsWith('Error')) return 'error'
  return NATIVE[constructor.name] ?? 'handle'
}

/** Other globals of Node.js (Headers, TextDecoder, …) keep their contents where no codec can reach them. */
function builtIn(prototype: object): Encoding | undefined {
  const constructor = constructorOf(prototype)
  if (constructor === undefined || constructor === Buffer) return undefined
  const { name } = constructor
  const global = Object.getOwnPropertyDescriptor(host, name)
  if (global === undefined || global.enumerable === true) return undefined
  return (host as unknown as Record<string, unknown>)[name] === constructor ? 'handle' : undefined // it may be a getter
}

function isNative(fn: Function): boolean {
  return Function.prototype.toString.call(fn).endsWith('{ [native code] }')
}

function tagOf(prototype: object): string | undefined {
  const tag: unknown = Object.getOwnPropertyDescriptor(prototype, Symbol.toStringTag)?.value
  return typeof tag === 'string' ? tag : undefined
}

function constructorOf(prototype: object): Function | undefined {
  const constructor: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value
  return typeof constructor === 'function' ? constructor : undefined
}

function classNameOf(prototype: object): string {
  for (let p: object | null = prototype; p !== null; p = Object.getPrototypeOf(p) as object | null) {
    const name: unknown = Object.getOwnPropertyDescriptor(constructorOf(p) ?? {}, 'name')?.value
    if (typeof name === 'string' && name !== '') return name
    const tag = tagOf(p)
    if (tag !== undefined) return tag
  }
  return 'Object'
}

function hasMethods(prototype: object, names: readonly string[]): boolean {
  return names.every((name) => {
    for (let p: object | null = prototype; p !== null; p = Object.getPrototypeOf(p) as object | null) {
      const descriptor = Object.getOwnPropertyDescriptor(p, name)
      if (descriptor) return typeof descriptor.value === 'function'
    }
    return false
  })
}
