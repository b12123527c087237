import type { Registration } from '../registry/registrations'
import { registrationOf, registrationsOfOwner } from '../registry/registrations'
import { isObject, prototypeChain } from '../utils/objects'
import { show } from '../utils/options'
import { callbacksOf, type AssignableCallbacks } from './method-callbacks'

type AsyncMethod = (...args: never[]) => PromiseLike<unknown>
type AsyncKey<T> = { [K in keyof T]: T[K] extends AsyncMethod ? K : never }[keyof T]
type InstanceOf<T> = T extends abstract new (...args: never[]) => infer I ? I : unknown
/** The methods of an object; for a class, the methods of its instances and its static methods. */
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
 * The callbacks of one decorated method, to read and to assign.
 *
 * Given an instance, they are the callbacks of that instance alone. Given a class, they are the default of instances
 * that have none, and the callbacks of its static methods. A callback runs with `this` being the instance, or the
 * class, that the call was made on.
 *
 * A call uses the callbacks that are set when it is made. Assigning `undefined` removes an assigned callback.
 *
 * @param self the instance or the class
 * @param method the decorated method, or its name
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
  if (!isObject(self))
    throw new TypeError(`Expected an instance or a class as the first argument of callbacks(), got ${show(self)}`)
  const registration =
    typeof method === 'function' ? registrationOfFunction(self, method) : registrationOfKey(self, method)
  const known = registration && callbacksOf(registration)
  if (!known)
    throw new TypeError(`${nameOf(self, method)} is not decorated with @thread or @process: it has no callbacks.`)
  return known.of(objectToAssignTo(self, registration)) as AssignableCallbacks<ResultOfMember<T, M>>
}

/**
 * The object that holds the callbacks. The default of a class is assigned to its prototype, so that instances inherit
 * it as they inherit the method. A wrapped function holds its own.
 */
function objectToAssignTo(self: object, { key, wrapper }: Registration): object {
  if (key.holder === 'function') return wrapper
  return key.holder === 'instance' && typeof self === 'function' ? (self.prototype as object) : self
}

function registrationOfFunction(self: object, method: Function): Registration | undefined {
  const known = registrationOf(method)
  if (known) return known
  // Another decorator, or a mock, has wrapped our wrapper: find the method by its name.
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

/**
 * The objects that may hold the method: `self` and its prototypes; for a class, also the prototypes of its instances.
 */
function* holdersOf(self: object): Generator<object> {
  yield* prototypeChain(self)
  if (typeof self === 'function') yield* prototypeChain(self.prototype as object | null)
}

function nameOf(self: object, method: Function | PropertyKey): string {
  const name = typeof method === 'function' ? method.name : String(method)
  const cls: unknown = typeof self === 'function' ? self.name : self.constructor?.name
  return `\`${name === '' ? '(anonymous)' : name}\` of ${typeof cls === 'string' && cls !== '' ? cls : 'this object'}`
}
