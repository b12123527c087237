import type { Registration } from '../registry/registrations'
import { registrationOf, registrationsOfOwner } from '../registry/registrations'
import { shared } from '../registry/shared'
import { show } from '../utils/options'
import type { AssignableCallbacks, CallbackSlot } from './callback-slot'

const slots = shared('callbacks', () => new WeakMap<Registration, CallbackSlot>())

type AsyncMethod = (...args: never[]) => PromiseLike<unknown>
type AsyncKey<T> = { [K in keyof T]: T[K] extends AsyncMethod ? K : never }[keyof T]
type InstanceOf<T> = T extends abstract new (...args: never[]) => infer I ? I : unknown
/** The methods of an object; of a class those of its instances and its static ones. */
type MemberKey<T> = AsyncKey<T> | AsyncKey<InstanceOf<T>>
type ResultOf<F> = F extends (...args: never[]) => PromiseLike<infer R> ? R : never
type ResultOfMember<T, M> = M extends AsyncMethod
  ? ResultOf<M>
  : M extends keyof InstanceOf<T>
    ? ResultOf<InstanceOf<T>[M]>
    : M extends keyof T
      ? ResultOf<T[M]>
      : never

/**
 * The callbacks of one decorated method: of one instance, or of a class as the default of instances that have none and
 * for its static methods. They run with `this` being the instance (the class) that the call was made on.
 *
 * A call uses the callbacks in force when it was made; `undefined` takes an assignment back.
 *
 * @throws {TypeError} the method is not decorated with `@thread` or `@process`
 * @example
 * callbacks(this, this.render).callback = this.rendered       // inside the class
 * callbacks(service, 'render').errorCallback = (id, error) => log(id, error)
 * callbacks(Service, 'render').callback = (id, page) => …     // the default of all instances
 */
export function callbacks<T extends object, M extends AsyncMethod | MemberKey<T>>(
  self: T,
  method: M,
): AssignableCallbacks<ResultOfMember<T, M>> {
  if ((typeof self !== 'object' && typeof self !== 'function') || self === null) {
    throw new TypeError(`Expected an instance or a class as the first argument of callbacks(), got ${show(self)}`)
  }
  const registration =
    typeof method === 'function' ? registrationOfFunction(self, method) : registrationOfKey(self, method)
  const slot = registration && slots.get(registration)
  if (!slot)
    throw new TypeError(`${nameOf(self, method)} is not decorated with @thread or @process: it has no callbacks.`)
  return slot.of(keyOf(self, registration)) as AssignableCallbacks<ResultOfMember<T, M>>
}

/** Makes the slot of a method known to {@link callbacks}. */
export function setSlot(registration: Registration, slot: CallbackSlot): void {
  slots.set(registration, slot)
}

/** Makes the slot of one method that of another, which stands over it. */
export function shareSlot(from: Registration, to: Registration): void {
  const slot = slots.get(from)
  if (slot) slots.set(to, slot)
}

/**
 * What the callbacks are kept by. A default of the instances of a class is one of their prototype: they inherit it as they
 * do the method. A wrapped function has only its own.
 */
function keyOf(self: object, { key, wrapper }: Registration): object {
  if (key.holder === 'function') return wrapper
  return key.holder === 'instance' && typeof self === 'function' ? (self.prototype as object) : self
}

function registrationOfFunction(self: object, method: Function): Registration | undefined {
  const known = registrationOf(method)
  if (known) return known
  // Another decorator, or a mock, stands over the wrapper: its name is the way.
  for (const holder of holdersOf(self)) {
    for (const registration of registrationsOfOwner(holder)) {
      if (Reflect.get(holder, registration.name, self) === method) return registration
    }
  }
  return undefined
}

function registrationOfKey(self: object, name: PropertyKey): Registration | undefined {
  const text = typeof name === 'number' ? String(name) : name
  for (const holder of holdersOf(self)) {
    const descriptor = Object.getOwnPropertyDescriptor(holder, text)
    if (!descriptor) continue
    const own = registrationsOfOwner(holder).findLast((each) => each.name === name || each.name === text)
    return own ?? registrationOf(descriptor.value)
  }
  return undefined
}

/** Where a method may stand: on the object and its prototypes; for a class also on those of its instances. */
function* holdersOf(self: object): Generator<object> {
  yield* chainOf(self)
  if (typeof self === 'function') yield* chainOf(self.prototype as object | null)
}

function* chainOf(start: object | null | undefined): Generator<object> {
  for (let object = start; object; object = Object.getPrototypeOf(object) as object | null) yield object
}

function nameOf(self: object, method: Function | PropertyKey): string {
  const name = typeof method === 'function' ? method.name : String(method)
  const cls: unknown = typeof self === 'function' ? self.name : self.constructor?.name
  return `\`${name === '' ? '(anonymous)' : name}\` of ${typeof cls === 'string' && cls !== '' ? cls : 'this object'}`
}
