import type { OutcomeCallbacks } from '../futures/callbacks'
import type { Registration } from '../registry/registrations'
import { shared } from '../registry/shared'
import { isObject } from '../utils/objects'
import { show } from '../utils/options'

/** Called with the result of a call. Its `this` is the instance that the call was made on. */
export type Callback<T = any> = (taskId: string, result: T) => void // any: one handler may serve several methods

/** Called with the error of a call that failed, with the same `this`. `error.traceback` is the remote stack as text. */
export type ErrorCallback = (taskId: string, error: Error) => void

/** Assigning sets a callback; reading gives the one that a call would use now. */
export interface AssignableCallbacks<T> {
  callback?: Callback<T>
  errorCallback?: ErrorCallback
}

/** The callbacks of one decorated method: those in its options, and those assigned to objects. */
export class MethodCallbacks {
  readonly #defaults: OutcomeCallbacks | undefined
  /** By instance, prototype or class. Looked up along the prototype chain, like a property. */
  #assigned: WeakMap<object, OutcomeCallbacks> | undefined

  constructor({ callback, errorCallback }: OutcomeCallbacks) {
    this.#defaults = callback || errorCallback ? { callback, errorCallback } : undefined
  }

  /** The callbacks of a call on `self`. While none is assigned, this costs one comparison. */
  inForce(self: unknown): OutcomeCallbacks | undefined {
    return this.#assigned === undefined ? this.#defaults : this.#lookUp(self)
  }

  /** The callbacks of one object, to assign to. */
  of(object: object): AssignableCallbacks<never> {
    return new ObjectCallbacks(this, object)
  }

  assign(object: object, name: keyof OutcomeCallbacks, value: unknown): void {
    if (value !== undefined && typeof value !== 'function') {
      throw new TypeError(`Expected \`${name}\` to be a function, got ${show(value)}`)
    }
    const assigned = (this.#assigned ??= new WeakMap())
    assigned.set(object, { ...assigned.get(object), [name]: value })
  }

  #lookUp(self: unknown): OutcomeCallbacks | undefined {
    let callback: OutcomeCallbacks['callback']
    let errorCallback: OutcomeCallbacks['errorCallback']
    for (let object = self; isObject(object); object = Object.getPrototypeOf(object)) {
      const own = this.#assigned?.get(object)
      callback ??= own?.callback
      errorCallback ??= own?.errorCallback
    }
    callback ??= this.#defaults?.callback
    errorCallback ??= this.#defaults?.errorCallback
    return callback || errorCallback ? { callback, errorCallback } : undefined
  }
}

/** What `callbacks(object, method)` returns. */
class ObjectCallbacks implements AssignableCallbacks<never> {
  readonly #method: MethodCallbacks
  readonly #object: object

  constructor(method: MethodCallbacks, object: object) {
    this.#method = method
    this.#object = object
  }

  get callback(): Callback<never> | undefined {
    return this.#method.inForce(this.#object)?.callback
  }

  set callback(callback: Callback<never> | undefined) {
    this.#method.assign(this.#object, 'callback', callback)
  }

  get errorCallback(): ErrorCallback | undefined {
    return this.#method.inForce(this.#object)?.errorCallback
  }

  set errorCallback(callback: ErrorCallback | undefined) {
    this.#method.assign(this.#object, 'errorCallback', callback)
  }
}

const byRegistration = shared('callbacks', () => new WeakMap<Registration, MethodCallbacks>())

/** The callbacks of a registered method; undefined if it has none, as tasks do. */
export const callbacksOf = (registration: Registration): MethodCallbacks | undefined => byRegistration.get(registration)

export function registerCallbacks(registration: Registration, callbacks: MethodCallbacks): void {
  byRegistration.set(registration, callbacks)
}

/** Lets the method `to`, which wraps the method `from`, share its callbacks. */
export function shareCallbacks(from: Registration, to: Registration): void {
  const callbacks = callbacksOf(from)
  if (callbacks) registerCallbacks(to, callbacks)
}
