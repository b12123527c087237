import { classRefOf } from '../registry/class-ref'
import type { Registration } from '../registry/registrations'
import type { ClassRef } from '../registry/keys'
import type { MethodDefinition } from '../wire/method-definition'

/** Weight of the newest duration where it is below the average; a longer one counts at once. */
const NEWEST = 0.2

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
    this.expected = duration < this.expected && this.expected !== Infinity
      ? this.expected + NEWEST * (duration - this.expected)
      : duration
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
