import { classRefOf } from '../registry/class-ref'
import type { Registration } from '../registry/registrations'
import type { ClassRef } from '../registry/keys'
import type { MethodDefinition } from '../wire/messages'

/** Weight of the newest duration. */
const NEWEST = 0.2
/** How fast the expectation may grow, from one body to the next: one pause of a busy machine is no change of habit. */
const GROWTH = 2
const STEP = 0.05 // ms

/** A method as the workers of this program know it, and what is known of its durations. */
export class DispatchedMethod {
  readonly definition: MethodDefinition
  readonly label: string
  /** How long a body is expected to take, in ms; infinite before the first. */
  expectedDuration = Infinity

  constructor(definition: MethodDefinition) {
    this.definition = definition
    this.label = definition.label
  }

  /** Learns from a body that took `duration` ms. */
  recordDuration(duration: number): void {
    if (this.expectedDuration === Infinity) this.expectedDuration = duration
    else if (duration < this.expectedDuration) this.expectedDuration += NEWEST * (duration - this.expectedDuration)
    else this.expectedDuration = Math.min(duration, GROWTH * this.expectedDuration + STEP)
  }
}

let count = 0
const uses = new WeakMap<Registration, DispatchedMethod>()
const usesByClass = new WeakMap<ClassRef, WeakMap<Registration, DispatchedMethod>>()

/**
 * The use of `registration` with `self` as its `this`.
 *
 * @throws {NotFoundError} the worker has no way to find the class of `self`
 */
export function dispatchedMethod(registration: Registration, self: unknown): DispatchedMethod {
  const cls =
    registration.key.holder === 'function' || self === undefined ? null : classRefOf(registration, self as object)
  const table = cls ? tableOf(cls) : uses
  let use = table.get(registration)
  if (!use) {
    const { key, label } = registration
    table.set(registration, (use = new DispatchedMethod({ index: count++, key: { ...key }, cls, label })))
  }
  return use
}

function tableOf(cls: ClassRef): WeakMap<Registration, DispatchedMethod> {
  let table = usesByClass.get(cls)
  if (!table) usesByClass.set(cls, (table = new WeakMap<Registration, DispatchedMethod>()))
  return table
}
