import { classRefOf } from '../registry/class-ref'
import type { Registration } from '../registry/registrations'
import type { ClassRef } from '../registry/keys'
import type { MethodDefinition } from '../wire/messages'

/** Weight of the newest duration. */
const NEWEST = 0.2
/** How much the expectation may grow from one body to the next: a busy machine may pause one of them for long. */
const GROWTH = 2
const STEP = 0.05 // ms

/** A method as the workers know it, and how long its bodies take. */
export class DispatchedMethod {
  readonly definition: MethodDefinition
  readonly label: string
  /** How long a body is expected to take, in ms; `Infinity` before the first one. */
  expectedDuration = Infinity

  constructor(definition: MethodDefinition) {
    this.definition = definition
    this.label = definition.label
  }

  /** Updates the expectation with a body that took `duration` ms. */
  recordDuration(duration: number): void {
    if (this.expectedDuration === Infinity) this.expectedDuration = duration
    else if (duration < this.expectedDuration) this.expectedDuration += NEWEST * (duration - this.expectedDuration)
    else this.expectedDuration = Math.min(duration, GROWTH * this.expectedDuration + STEP)
  }
}

let count = 0
const methods = new WeakMap<Registration, DispatchedMethod>()
const methodsByClass = new WeakMap<ClassRef, WeakMap<Registration, DispatchedMethod>>()

/**
 * The method of `registration` for the class of `self`. It is made once.
 *
 * @throws {NotFoundError} the worker has no way to find the class of `self`
 */
export function dispatchedMethod(registration: Registration, self: unknown): DispatchedMethod {
  const cls =
    registration.key.holder === 'function' || self === undefined ? null : classRefOf(registration, self as object)
  const table = cls ? tableOf(cls) : methods
  let method = table.get(registration)
  if (!method) {
    const { key, label } = registration
    table.set(registration, (method = new DispatchedMethod({ index: count++, key: { ...key }, cls, label })))
  }
  return method
}

const foreign = new Map<string, DispatchedMethod>()

/** The method that a caller on another machine names. It is made once for each name. */
export function foreignMethod(definition: Omit<MethodDefinition, 'index'>): DispatchedMethod {
  const id = JSON.stringify([definition.key, definition.cls])
  let method = foreign.get(id)
  if (!method) foreign.set(id, (method = new DispatchedMethod({ index: count++, ...definition })))
  return method
}

function tableOf(cls: ClassRef): WeakMap<Registration, DispatchedMethod> {
  let table = methodsByClass.get(cls)
  if (!table) methodsByClass.set(cls, (table = new WeakMap<Registration, DispatchedMethod>()))
  return table
}
