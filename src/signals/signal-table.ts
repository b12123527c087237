import { setImmediate } from '../utils/clock'
import type { SignalHandler } from './handlers'
import { signalNumber } from './names'

/**
 * The handlers of each signal. They form a stack:
 *
 *   add ──► ┌───────────────┐ ◄── a signal is delivered to the first handler, from the top, whose instance still exists
 *           │ last added    │
 *           │ predecessors  │ ──► remove, at any place
 *           └───────────────┘ one listener on `process` while the stack is not empty
 *
 * Other listeners on `process` are not touched.
 */
export class SignalTable {
  readonly #stacks = new Map<NodeJS.Signals, HandlerStack>()

  /** Adds a handler on top of the others of its signal. */
  add(signal: NodeJS.Signals, handler: SignalHandler): void {
    let stack = this.#stacks.get(signal)
    if (!stack) this.#stacks.set(signal, (stack = new HandlerStack(signal)))
    stack.add(handler)
  }

  /** Removes a handler. If it was the top one, its predecessor takes effect again. */
  remove(signal: NodeJS.Signals, handler: SignalHandler): void {
    const stack = this.#stacks.get(signal)
    stack?.remove(handler)
    if (stack?.isEmpty) this.#stacks.delete(signal)
  }
}

/** The handlers of one signal. */
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
    else this.#delete(handler)
    this.#handlers.push(handler)
  }

  remove(handler: SignalHandler): void {
    this.#delete(handler)
    if (this.isEmpty) process.removeListener(this.#signal, this.#listener)
  }

  #delete(handler: SignalHandler): void {
    const at = this.#handlers.indexOf(handler)
    if (at >= 0) this.#handlers.splice(at, 1)
  }

  #deliver(): void {
    const number = signalNumber(this.#signal)
    const handled = [...this.#handlers].reverse().some((handler) => handler.handle(this.#signal, number))
    if (!handled && process.listenerCount(this.#signal) === 1) this.#raiseAgain()
  }

  /** No listener handles the signal, so it is raised again without ours: it has its default effect. */
  #raiseAgain(): void {
    process.removeListener(this.#signal, this.#listener)
    process.kill(process.pid, this.#signal)
    setImmediate(() => {
      if (!this.isEmpty) this.#listen() // the default effect of the signal is none, so the program goes on
    })
  }

  #listen(): void {
    process.removeListener(this.#signal, this.#listener)
    process.on(this.#signal, this.#listener)
  }
}
