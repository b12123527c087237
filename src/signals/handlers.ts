/** What a signal is handed to. */
import { nextTick } from '../utils/clock'

/** One entry in the line of a signal's handlers. */
export interface SignalHandler {
  /** Runs it. `false`: there is nobody to handle the signal, now. */
  handle(signal: NodeJS.Signals, number: number): boolean
}

/** A method of one object, by its name: an override or a mock that is there when the signal comes is what runs. */
export class MethodHandler implements SignalHandler {
  readonly name: PropertyKey
  readonly #target: { deref(): object | undefined }

  /** An instance is not kept alive by its handler; a class is. */
  constructor(target: object, name: PropertyKey) {
    this.name = name
    this.#target = typeof target === 'function' ? { deref: () => target } : new WeakRef(target)
  }

  handle(signal: NodeJS.Signals, number: number): boolean {
    const target = this.#target.deref()
    if (!target) return false
    callHandler(target, this.name, signal, number)
    return true
  }
}

/**
 * Calls the method. An error in it, thrown or rejected, becomes an uncaught exception with its own stack; other listeners
 * of the signal run all the same.
 */
export function callHandler(target: object, name: PropertyKey, signal: NodeJS.Signals, number: number): void {
  try {
    const method = (target as Record<PropertyKey, unknown>)[name] as (...args: unknown[]) => unknown
    const returned = Reflect.apply(method, target, [signal, number]) as PromiseLike<unknown> | undefined
    if (typeof returned?.then === 'function') returned.then(undefined, throwUncaught)
  } catch (error) {
    throwUncaught(error)
  }
}

function throwUncaught(error: unknown): void {
  nextTick(() => {
    throw error
  })
}
