/** What a pool can run: a registered function, its `this` and its arguments. */
import type { Flavour } from '../futures/future'
import { otherCopies } from '../registry/copies'
import type { Registration } from '../registry/registrations'
import { receiverOf, registrationOf } from '../registry/registrations'
import { show } from '../utils/options'

/** A registered function, and the `this` that it is called with. */
export interface Schedulable {
  readonly registration: Registration
  /** The instance whose method it is, or the class of a static method; `undefined` for plain functions. */
  readonly self: unknown
}

/** Which fields of `this` go to the worker. */
export type StateOption = 'snapshot' | 'none' | readonly string[]

export interface BodyOptions {
  readonly flavour: Flavour
  readonly state: StateOption
  /** Name of the call in messages. Default: the label of the method. */
  readonly name?: string
}

/** What was called: a body to run, with its `this` and its arguments, not packed. */
export interface Invocation extends Schedulable {
  readonly args: unknown[]
  readonly options: BodyOptions
  /** The function of this library that the caller called. It is on the stack: the caller's frames are below it. */
  readonly below?: Function
}

/** The options of calls that were made without a decorator. */
export const SCHEDULED: BodyOptions = Object.freeze({ flavour: 'concurrent', state: 'snapshot' })

/**
 * Finds what to run for `fn`.
 *
 * @throws {TypeError} `fn` is not registered, so a worker could not find it
 */
export function schedulable(fn: unknown, self?: unknown): Schedulable {
  const registration = registrationOf(fn)
  if (registration) {
    if (self !== undefined) assertOwner(registration, self as object)
    return { registration, self: self ?? receiverOf(fn as Function) ?? ownerOf(registration) }
  }
  throw new TypeError(
    `Cannot schedule ${describe(fn)}: a worker could not find it. Make it a task at the top level of its module, ` +
      '`export const work = task(fn)`, wrap it by thread(fn) or process(fn), or schedule a decorated method.' +
      (typeof fn === 'function' ? otherCopies() : ''),
  )
}

/**
 * Under legacy decorators all instances share one function, so the function alone does not tell its instance.
 *
 * @throws {TypeError} the function is a method of an instance, and no instance is given
 */
export function assertInstance({ registration, self }: Schedulable): void {
  if (registration.key.holder !== 'instance' || self !== undefined) return
  const name = String(registration.name)
  throw new TypeError(
    `Cannot schedule ${registration.label} without its instance: all instances share this function. ` +
      `Pass the instance: \`pool.schedule(it.${name}, { self: it, args })\`, \`pool.map(it.${name}, items, { self: it })\`.`,
  )
}

/** @throws {TypeError} the object has no such method, so it is of another class */
function assertOwner({ key, name, label }: Registration, self: object): void {
  if (key.holder !== 'instance' || name in self) return
  throw new TypeError(`Expected \`self\` to be an instance that has ${label}, got ${show(self)}`)
}

/** The class of a static method. */
function ownerOf({ key, owner }: Registration): unknown {
  return key.holder === 'static' ? owner : undefined
}

function describe(fn: unknown): string {
  if (typeof fn === 'function') return fn.name === '' ? 'an anonymous function' : `the function \`${fn.name}\``
  return fn === null ? 'null' : `a value of type ${typeof fn}`
}
