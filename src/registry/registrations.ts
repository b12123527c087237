/**
 * The decorated methods and wrapped functions of this thread.
 *
 * This folder lets parent and worker talk about the same code. Functions and classes cannot be sent, so both sides
 * register what they define and refer to it by a key, which is plain data:
 *
 *   parent   @thread render() {…}    calling-module finds the module, keys names the method ─► Registration
 *                                                      │ MethodKey
 *   worker   imports the module, whose decorators register again ─► the Registration with that key ─► its body
 *
 * `classes` and `class-ref` do the same for classes, `task-refs` for tasks that are sent as values. The rest is state
 * that all copies of the library in a realm share (`shared`, `copies`, `role`, `services`).
 */
import { callingModule } from './calling-module'
import type { MethodKey } from './keys'
import { encodeMember, labelOf } from './keys'
import { definitionPosition } from './definition-position'
import { role } from './role'
import { shared } from './shared'
import { WeakLists } from './weak-lists'
import { hashOf } from './wrappers'
import { createTag } from '../utils/private-tag'

export interface Registration {
  readonly key: MethodKey
  readonly original: (this: unknown, ...args: unknown[]) => unknown
  readonly wrapper: Function
  readonly name: PropertyKey
  /** For messages: `` `render` of pdf.ts ``. */
  readonly label: string
  /** The prototype, or the class for a static method; undefined while not known (stage 3), and for functions. */
  owner: object | undefined
}

export interface Definition {
  readonly name: PropertyKey
  readonly holder: MethodKey['holder']
  readonly original: Function
  readonly wrapper: Function
  readonly owner?: object
  /** The module is searched for in the stack frames below this function. */
  readonly below: Function
  /** The module, if the user has given it. */
  readonly module?: string | URL
}

const tables = shared('registrations', () => ({
  byWrapper: new WeakMap<object, Registration>(),
  receivers: createTag<object>(),
  byOwner: new WeakMap<object, Registration[]>(),
  byName: new Map<string, Registration[]>(),
  listeners: new Set<() => void>(),
}))

/** Registrations that bodies have made. They may be collected together with their wrappers. */
const temporary = shared('registrations.passing', () => new WeakLists<Registration>())

/** @throws TypeError if `module` is neither a URL nor an absolute path */
export function register(definition: Definition): Registration {
  const { name, holder, original, below } = definition
  const { module, topLevel, callPath, position } = callingModule(below, definition.module)
  const member = encodeMember(name)
  const id = nameOf({ module, holder, member })
  const place = definitionPosition(`${id}\n${topLevel}`, callPath)
  const key = { module, holder, member, ...place, hash: hashOf(original), position, className: '', topLevel }
  const registration = new Entry(key, definition)
  tables.byWrapper.set(definition.wrapper, registration)
  if (isTemporary(topLevel && definition.module === undefined)) temporary.add(id, registration)
  // The parent never looks for what was defined after load. Do not keep the classes that a function defines per call.
  else if (topLevel || role.worker !== null) listOf(tables.byName, id).push(registration)
  for (const listener of tables.listeners) listener()
  return registration
}

/** Registers `wrapper` under `key`, which names something in a module that is not loaded here. */
export function adopt(key: MethodKey, wrapper: Function): void {
  const definition = { name: key.member, holder: key.holder, original: wrapper, wrapper, below: wrapper }
  tables.byWrapper.set(wrapper, new Entry({ ...key }, definition))
}

/** The registration of a wrapper, or of a function that inherits from its alias; undefined for any other value. */
export function registrationOf(fn: unknown): Registration | undefined {
  if (typeof fn !== 'function') return undefined
  return tables.byWrapper.get(fn) ?? tables.byWrapper.get(Object.getPrototypeOf(fn) as object)
}

/** Gives all functions that inherit from `prototype` this registration. Each of them belongs to a single instance. */
export function alias(prototype: object, registration: Registration): void {
  tables.byWrapper.set(prototype, registration)
}

/** The instance that the function belongs to; undefined for a function that instances share. */
export function receiverOf(fn: Function): object | undefined {
  return tables.receivers.get(fn)
}

export function setReceiver(fn: Function, receiver: object): void {
  tables.receivers.set(fn, receiver)
}

/** The registrations of a prototype, or of a class for its static methods, without the inherited ones. */
export function registrationsOfOwner(owner: object): readonly Registration[] {
  return tables.byOwner.get(owner) ?? []
}

/** The registrations with the same module, holder and member, in the order of definition. */
export function registrationsNamed(key: Pick<MethodKey, 'module' | 'holder' | 'member'>): readonly Registration[] {
  const name = nameOf(key)
  return [...(tables.byName.get(name) ?? []), ...temporary.get(name)]
}

/** The methods whose class is not known yet. */
export function registrationsWithoutOwner(): Registration[] {
  return allRegistrations().filter(({ key, owner }) => owner === undefined && key.holder !== 'function')
}

/** All that this thread has registered and still keeps, in the order of their names' first definitions. */
export function allRegistrations(): Registration[] {
  return [...[...tables.byName.values()].flat(), ...temporary.all()]
}

/** Calls the listener at every registration. Returns a function that unsubscribes it. */
export function onRegistration(listener: () => void): () => void {
  tables.listeners.add(listener)
  return () => tables.listeners.delete(listener)
}

/** A body may create tasks at every call. Those of a module that a body imports are created while the module loads. */
function isTemporary(whileLoading: boolean): boolean {
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

/** The name of a class, given the class or its prototype. */
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
