import { classRefOf } from '../registry/class-ref'
import type { Registration } from '../registry/registrations'
import type { ClassRef } from '../registry/keys'
import type { MethodDefinition } from '../wire/method-definition'

/** Weight of the newest duration. */
const NEWEST = 0.2
/** How fast the expectation may grow, from one body to the next: one pause of a busy machine is no change of habit. */
const GROWTH = 2
const STEP = 0.05 // ms

/** A method as the workers of this program know it, and what is known of its durations. */
export class MethodUse {
  readonly definition: MethodDefinition
  readonly label: string
  /** How long a body is expected to take, in ms; infinite before the first. */
  expected = Infinity

  constructor(definition: MethodDefinition) {
    this.definition = definition
    this.label = definition.label
  }

  /** Learns from a body that took `duration` ms. */
  learn(duration: number): void {
    if (this.expected === Infinity) this.expected = duration
    else if (duration < this.expected) this.expected += NEWEST * (duration - this.expected)
    else this.expected = Math.min(duration, GROWTH * this.expected + STEP)
  }
}

let count = 0
const uses = new WeakMap<Registration, MethodUse>()
const usesByClass = new WeakMap<ClassRef, WeakMap<Registration, MethodUse>>()

/**
 * The use of `registration` with `self` as its `this`.
 *
 * @throws {NotFoundError} the worker has no way to find the class of `self`
 */
export function methodUse(registration: Registration, self: unknown): MethodUse {
  const cls =
    registration.key.holder === 'function' || self === undefined ? null : classRefOf(registration, self as object)
  const table = cls ? tableOf(cls) : uses
  let use = table.get(registration)
  if (!use) {
    const { key, label } = registration
    table.set(registration, (use = new MethodUse({ index: count++, key: { ...key }, cls, label })))
  }
  return use
}

function tableOf(cls: ClassRef): WeakMap<Registration, MethodUse> {
  let table = usesByClass.get(cls)
  if (!table) usesByClass.set(cls, (table = new WeakMap<Registration, MethodUse>()))
  return table
}
