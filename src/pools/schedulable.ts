import { otherCopies } from '../registry/copies'
import type { Registration } from '../registry/registrations'
import { receiverOf, registrationOf } from '../registry/registrations'

/** What a pool needs to know to run a function. */
export interface Schedulable {
  readonly registration: Registration
  /** The instance whose method it is, or the class, where there is one. */
  readonly self: unknown
}

/**
 * What to run for `fn`.
 *
 * @throws {TypeError} a worker could not find `fn`
 */
export function schedulable(fn: unknown, self?: unknown): Schedulable {
  const registration = registrationOf(fn)
  if (registration) return { registration, self: self ?? receiverOf(fn as Function) ?? ownerOf(registration) }
  throw new TypeError(
    `Cannot schedule ${describe(fn)}: a worker could not find it. Make it a task at the top level of its module, ` +
      '`export const work = task(fn)`, wrap it by thread(fn) or process(fn), or schedule a decorated method.' +
      (typeof fn === 'function' ? otherCopies() : ''),
  )
}

/**
 * Under legacy decorators all instances share one function, which does not know whose it is.
 *
 * @throws {TypeError} `what` is a method of an instance, and there is none
 */
export function assertInstance({ registration, self }: Schedulable): void {
  if (registration.key.holder !== 'instance' || self !== undefined) return
  const name = String(registration.name)
  throw new TypeError(
    `Cannot schedule ${registration.label} without its instance: all instances share this function. ` +
      `Pass the instance: \`pool.schedule(it.${name}, { self: it, args })\`, \`pool.map(it.${name}, items, { self: it })\`.`,
  )
}

/** Static methods have their class. */
function ownerOf({ key, owner }: Registration): unknown {
  return key.holder === 'static' ? owner : undefined
}

function describe(fn: unknown): string {
  if (typeof fn === 'function') return fn.name === '' ? 'an anonymous function' : `the function \`${fn.name}\``
  return fn === null ? 'null' : `a value of type ${typeof fn}`
}
