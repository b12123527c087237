/** Every decorated method and wrapped function of this thread, by its wrapper and by the name a worker knows it under. */
import { callingModule } from './calling-module'
import { hashText } from './hash'
import type { MethodKey } from './keys'
import { encodeMember, labelOf } from './keys'
import { definitionPosition } from './definition-position'
import { role } from './role'
import { shared } from './shared'
import { textOf } from './wrappers'
import { createTag } from '../utils/private-tag'
import { WeakLists } from './weak-lists'

export interface Registration {
  readonly key: MethodKey
  readonly original: (this: unknown, ...args: unknown[]) => unknown
  readonly wrapper: Function
  readonly name: PropertyKey
  /** For messages: `` `render` of pdf.ts ``. */
  readonly label: string
  /** The prototype (instance) or the class (static); undefined while unknown (stage 3), and for functions. */
  owner: object | undefined
}

export interface Definition {
  readonly name: PropertyKey
  readonly holder: MethodKey['holder']
  readonly original: Function
  readonly wrapper: Function
  readonly owner?: object
  /** The module is looked for in the frames under this function. */
  readonly below: Function
  /** Overrides what the frames say. */
  readonly module?: string | URL
}

const tables = shared('registrations', () => ({
  byWrapper: new WeakMap<object, Registration>(),
  receivers: createTag<object>(),
  byOwner: new WeakMap<object, Registration[]>(),
  byName: new Map<string, Registration[]>(),
  listeners: new Set<() => void>(),
}))

/** Made while a body ran: kept as long as somebody holds their wrappers. */
const passing = shared('registrations.passing', () => new WeakLists<Registration>())

/** @throws TypeError where `module` is neither a URL nor an absolute path. */
export function register(definition: Definition): Registration {
  const { name, holder, original, below } = definition
  const { module, topLevel, chain, position } = callingModule(below, definition.module)
  const member = encodeMember(name)
  const id = nameOf({ module, holder, member })
  const place = definitionPosition(`${id}\n${topLevel}`, chain)
  const hash = hashText(textOf(original))
  const key = { module, holder, member, ...place, hash, position, className: '', topLevel }
  const registration = new Entry(key, definition)
  tables.byWrapper.set(definition.wrapper, registration)
  if (isPassing(topLevel && definition.module === undefined)) passing.add(id, registration)
  // The parent never asks for what was defined after load: do not keep the classes that a function makes per call.
  else if (topLevel || role.worker !== null) listOf(tables.byName, id).push(registration)
  for (const listener of tables.listeners) listener()
  return registration
}

/** Makes `wrapper` known as what `key` names, in a module that is not loaded here. */
export function adopt(key: MethodKey, wrapper: Function): void {
  const definition = { name: key.member, holder: key.holder, original: wrapper, wrapper, below: wrapper }
  tables.byWrapper.set(wrapper, new Entry({ ...key }, definition))
}

/** The registration of a wrapper, or of a function that inherits from one's alias; undefined for any other value. */
export function registrationOf(fn: unknown): Registration | undefined {
  if (typeof fn !== 'function') return undefined
  return tables.byWrapper.get(fn) ?? tables.byWrapper.get(Object.getPrototypeOf(fn) as object)
}

/** Makes the functions that inherit from `prototype` known as those of `registration`: each is a single instance's. */
export function alias(prototype: object, registration: Registration): void {
  tables.byWrapper.set(prototype, registration)
}

/** The instance that hands out this function as its method; undefined for functions that instances share. */
export function receiverOf(fn: Function): object | undefined {
  return tables.receivers.get(fn)
}

/** Says whose function it is. */
export function setReceiver(fn: Function, receiver: object): void {
  tables.receivers.set(fn, receiver)
}

/** Those that a prototype, or a class for its statics, holds itself. */
export function registrationsOfOwner(owner: object): readonly Registration[] {
  return tables.byOwner.get(owner) ?? []
}

/** Those of one module, holder and member, in the order of definition. */
export function registrationsNamed(key: Pick<MethodKey, 'module' | 'holder' | 'member'>): readonly Registration[] {
  const name = nameOf(key)
  return [...(tables.byName.get(name) ?? []), ...passing.get(name)]
}

/** The methods whose class is not known yet. */
export function registrationsWithoutOwner(): Registration[] {
  const all = [...[...tables.byName.values()].flat(), ...passing.all()]
  return all.filter(({ key, owner }) => owner === undefined && key.holder !== 'function')
}

/** Calls the listener at every registration; returns how to stop that. */
export function onRegistration(listener: () => void): () => void {
  tables.listeners.add(listener)
  return () => tables.listeners.delete(listener)
}

/** A body of a worker may make tasks at every call. Those of a module that it imports are made as the module loads. */
function isPassing(whileLoading: boolean): boolean {
  return !whileLoading && (role.worker?.insideBody() ?? false)
}

class Entry implements Registration {
  readonly original: Registration['original']
  readonly wrapper: Function
  readonly name: PropertyKey
  readonly key: MethodKey & { className: string }
  #owner: object | undefined

  constructor(key: MethodKey & { className: string }, definition: Definition) {
    this.key = key
    this.original = definition.original as Registration['original']
    this.wrapper = definition.wrapper
    this.name = definition.name
    this.owner = definition.owner
  }

  get label(): string {
    return labelOf({ ...this.key, className: '' })
  }

  get owner(): object | undefined {
    return this.#owner
  }

  set owner(owner: object | undefined) {
    if (owner === this.#owner) return
    this.#owner = owner
    if (owner === undefined) return
    this.key.className = classNameOf(owner)
    const list = tables.byOwner.get(owner) ?? []
    tables.byOwner.set(owner, list)
    list.push(this)
  }
}

/** The name of a class, given it or its prototype. */
export function classNameOf(owner: object): string {
  const cls: unknown =
    typeof owner === 'function' ? owner : Reflect.getOwnPropertyDescriptor(owner, 'constructor')?.value
  const name: unknown = typeof cls === 'function' ? Reflect.getOwnPropertyDescriptor(cls, 'name')?.value : ''
  return typeof name === 'string' ? name : ''
}

function nameOf({ module, holder, member }: Pick<MethodKey, 'module' | 'holder' | 'member'>): string {
  return `${module.url}\n${holder}\n${member}`
}

function listOf<K, V>(map: Map<K, V[]>, key: K): V[] {
  const list = map.get(key) ?? []
  map.set(key, list)
  return list
}
