/** Handlers of a signal. */
import { nextTick } from '../utils/clock'

/** One handler of a signal. */
export interface SignalHandler {
  /** Runs the handler. `false`: its instance was garbage collected, so the signal was not handled. */
  handle(signal: NodeJS.Signals, number: number): boolean
}

/** A method of an object, by its name: the method is looked up when the signal arrives, so overrides and mocks take effect. */
export class MethodHandler implements SignalHandler {
  readonly name: PropertyKey
  readonly #target: { deref(): object | undefined }

  /** A handler keeps a class alive, but not an instance. */
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
 * Calls the method. An error that it throws or rejects with becomes an uncaught exception with its own stack. Other
 * listeners of the signal run in any case.
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
