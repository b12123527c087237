import type { OutcomeCallbacks } from '../futures/callbacks'
import { show } from '../utils/options'

/** Told of a result. Its `this` is the instance that the call was made on. */
export type Callback<T = any> = (taskId: string, result: T) => void // any: one handler may serve several methods

/** Told of a failure, with the same `this`; `error.traceback` holds the remote stack. */
export type ErrorCallback = (taskId: string, error: Error) => void

/** What callers assign to and read from; reading gives the callback in force. */
export interface AssignableCallbacks<T> {
  callback?: Callback<T>
  errorCallback?: ErrorCallback
}

/** The callbacks of one decorated method: those of its options, and those assigned to objects. */
export class CallbackSlot {
  readonly #defaults: OutcomeCallbacks | undefined
  /** By instance, prototype or class: looked up along the prototypes, as a property would be. */
  #assigned: WeakMap<object, OutcomeCallbacks> | undefined

  constructor({ callback, errorCallback }: OutcomeCallbacks) {
    this.#defaults = callback || errorCallback ? { callback, errorCallback } : undefined
  }

  /** The callbacks of a call on `self`. Nobody ever assigned one: the cost of a comparison. */
  inForce(self: unknown): OutcomeCallbacks | undefined {
    return this.#assigned === undefined ? this.#defaults : this.#lookUp(self)
  }

  /** The callbacks of one object, to assign to. */
  of(object: object): AssignableCallbacks<never> {
    return new CallbacksOf(this, object)
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

class CallbacksOf implements AssignableCallbacks<never> {
  readonly #slot: CallbackSlot
  readonly #object: object

  constructor(slot: CallbackSlot, object: object) {
    this.#slot = slot
    this.#object = object
  }

  get callback(): Callback<never> | undefined {
    return this.#slot.inForce(this.#object)?.callback
  }

  set callback(callback: Callback<never> | undefined) {
    this.#slot.assign(this.#object, 'callback', callback)
  }

  get errorCallback(): ErrorCallback | undefined {
    return this.#slot.inForce(this.#object)?.errorCallback
  }

  set errorCallback(callback: ErrorCallback | undefined) {
    this.#slot.assign(this.#object, 'errorCallback', callback)
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}
