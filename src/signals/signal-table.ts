import { setImmediate } from '../utils/clock'
import type { SignalHandler } from './handlers'
import { signalNumber } from './names'

/**
 * The handlers of each signal: the last one that was added is in force, the others are its predecessors. One listener
 * of ours stands on `process` while a signal has any; listeners of others are not touched.
 */
export class SignalTable {
  readonly #stacks = new Map<NodeJS.Signals, HandlerStack>()

  /** Puts a handler in force, over those that were. */
  add(signal: NodeJS.Signals, handler: SignalHandler): void {
    let stack = this.#stacks.get(signal)
    if (!stack) this.#stacks.set(signal, (stack = new HandlerStack(signal)))
    stack.add(handler)
  }

  /** Takes a handler away, wherever in the line it stands; where it was in force, its predecessor is again. */
  remove(signal: NodeJS.Signals, handler: SignalHandler): void {
    const stack = this.#stacks.get(signal)
    stack?.remove(handler)
    if (stack?.isEmpty) this.#stacks.delete(signal)
  }
}

/** Those of one signal. */
class HandlerStack {
  readonly #signal: NodeJS.Signals
  readonly #handlers: SignalHandler[] = []
  readonly #listener = (): void => this.#deliver()

  constructor(signal: NodeJS.Signals) {
    this.#signal = signal
  }

  get isEmpty(): boolean {
    return this.#handlers.length === 0
  }

  add(handler: SignalHandler): void {
    if (this.isEmpty) this.#listen()
    else this.#drop(handler)
    this.#handlers.push(handler)
  }

  remove(handler: SignalHandler): void {
    this.#drop(handler)
    if (this.isEmpty) process.removeListener(this.#signal, this.#listener)
  }

  #drop(handler: SignalHandler): void {
    const at = this.#handlers.indexOf(handler)
    if (at >= 0) this.#handlers.splice(at, 1)
  }

  #deliver(): void {
    const number = signalNumber(this.#signal)
    const taken = [...this.#handlers].reverse().some((handler) => handler.handle(this.#signal, number))
    if (!taken && process.listenerCount(this.#signal) === 1) this.#raiseAgain()
  }

  /** Nobody is there to handle it: what the system does with an unhandled signal happens after all. */
  #raiseAgain(): void {
    process.removeListener(this.#signal, this.#listener)
    process.kill(process.pid, this.#signal)
    setImmediate(() => {
      if (!this.isEmpty) this.#listen() // a signal that is ignored by default
    })
  }

  #listen(): void {
    process.removeListener(this.#signal, this.#listener)
    process.on(this.#signal, this.#listener)
  }
}
