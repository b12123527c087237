/**
 * What a call of a decorated method does: it makes the invocation, decides where the body runs, and returns the future
 * or stream at once.
 *
 *   the wrapper of the method ───────────────────────┐
 *                                                    ├──► MethodInvoker.invoke ──► submitCall ──► Pool.dispatch
 *   the function of one instance (own-functions.ts) ─┘
 *
 * | called in | the body runs |
 * | --- | --- |
 * | the program | in a worker of a pool; in eager mode, in the calling thread |
 * | a worker, inside a body | inline, in that worker |
 * | a worker, by code of a module | nowhere: the call never settles (see `WorkerRole.suspend`) |
 */
import { outcomeValue } from '../dispatch/call-ledger'
import { recordCallerAsText } from '../dispatch/caller-stack'
import { attachCallbacks, bindCallbacks } from '../futures/callbacks'
import { Future } from '../futures/future'
import { isEager } from '../pools/eager'
import { poolFor, type CallOptions } from '../pools/registry'
import { createFuture, failedFuture, runInline, runStreamInline, type InlineInvocation } from '../pools/run-inline'
import { readStream, type StreamingCall } from '../pools/stream'
import type { Registration } from '../registry/registrations'
import { role, type WorkerRole } from '../registry/role'
import { bind } from '../utils/async-context'
import { isObject } from '../utils/objects'
import { MessageKind } from '../wire/messages'
import { Memo, type MemoizeOptions } from './memoize'
import type { MethodCallbacks } from './method-callbacks'

/** Calls a method on `self`. Returns a future, or a stream if the method is an async generator. */
export type InvokeMethod = (self: unknown, args: unknown[]) => Future<unknown> | AsyncGenerator<unknown>

interface MethodInvocation extends InlineInvocation {
  readonly options: CallOptions
}

/** The calls of one decorated method, or wrapped function. */
export class MethodInvoker {
  readonly #options: CallOptions
  readonly #callbacks: MethodCallbacks
  readonly #streams: boolean
  readonly #counter = { count: 0 }
  readonly #memo: Memo | undefined
  #registration!: Registration
  #needsThis!: boolean

  /** @param streams whether the method is an async generator */
  constructor(options: CallOptions, callbacks: MethodCallbacks, streams: boolean, memoize?: MemoizeOptions) {
    this.#options = options
    this.#callbacks = callbacks
    this.#streams = streams
    if (memoize) this.#memo = new Memo(memoize)
  }

  /** Called before the first call. The registration needs the wrapper, which needs this invoker, so it comes last. */
  setRegistration(registration: Registration): void {
    this.#registration = registration
    this.#needsThis = registration.key.holder === 'instance'
  }

  /** All wrappers of the method call this. */
  readonly invoke: InvokeMethod = (self, args) => (this.#streams ? this.#stream(self, args) : this.#call(self, args))

  #call(self: unknown, args: unknown[]): Future<unknown> {
    if (this.#needsThis && (self === undefined || self === null)) return this.#reject(this.#noThisError())
    return this.#memo === undefined
      ? this.#run(this.#invocation(self, args, this.invoke))
      : this.#remember(this.#memo, self, args)
  }

  #stream(self: unknown, args: unknown[]): AsyncGenerator<unknown> {
    if (this.#needsThis && (self === undefined || self === null)) return failingStream(this.#noThisError())
    const invocation = this.#invocation(self, args)
    if (role.worker !== null) return streamInWorker(role.worker, invocation)
    return isEager() ? runStreamInline(invocation) : streamCall(invocation)
  }

  #run(invocation: MethodInvocation): Future<unknown> {
    if (role.worker !== null) return runInWorker(role.worker, invocation)
    return isEager() ? runInline(invocation) : submitCall(invocation)
  }

  #remember(memo: Memo, self: unknown, args: unknown[]): Future<unknown> {
    const invocation = this.#invocation(self, args)
    try {
      return memo.call({
        self: isObject(invocation.self) ? invocation.self : invocation.registration,
        args,
        submit: (quietly) => this.#run(quietly ? { ...invocation, callbacks: undefined } : invocation),
        createFuture: (control) => {
          const future = createFuture(invocation, control)
          if (invocation.callbacks) attachCallbacks(future, invocation.callbacks, invocation.self)
          return future
        },
      })
    } catch (error) {
      return this.#reject(error) // the `key` function has thrown
    }
  }

  #invocation(self: unknown, args: unknown[], below?: Function): MethodInvocation {
    const registration = this.#registration
    const target = self ?? registration.owner // a static method may be called without a `this`
    return {
      registration,
      self: target,
      args,
      options: this.#options,
      callbacks: this.#callbacks.inForce(registration.key.holder === 'function' ? registration.wrapper : target),
      counter: this.#counter,
      below,
    }
  }

  #reject(error: unknown): Future<unknown> {
    const future = createFuture({ options: this.#options, counter: this.#counter })
    Future.settle(future, 'failed', error)
    return future
  }

  #noThisError(): TypeError {
    const name = String(this.#registration.wrapper.name)
    return new TypeError(
      `${this.#registration.label} was called without its \`this\`: call it as a method of its instance, or bind it: ` +
        `\`${name}.bind(instance)\`.`,
    )
  }
}

/**
 * A function that calls `invoke` with its `this`. It is made with method syntax, so it has no `prototype`, as methods
 * have none.
 */
export function createMethod(invoke: InvokeMethod): Function {
  const { method } = {
    method(this: unknown, ...args: unknown[]) {
      return invoke(this, args)
    },
  }
  return method
}

/** Submits a call to the pool of its options. Never throws: an error rejects the future. */
function submitCall(invocation: MethodInvocation): Future<unknown> {
  const number = ++invocation.counter.count
  let future: Future<unknown>
  try {
    future = poolFor(invocation.options).dispatch(invocation, number, invocation.options).future
  } catch (error) {
    future = failedFuture(invocation.options, number, error)
  }
  if (invocation.callbacks) attachCallbacks(future, invocation.callbacks, invocation.self)
  return future
}

/** Runs the body of an async generator in a worker and yields its values, with backpressure. */
function streamCall(invocation: MethodInvocation): AsyncGenerator<unknown> {
  const number = ++invocation.counter.count
  // Recorded and bound now: the call starts with the first `next()`, which may come from other code.
  const caller = recordCallerAsText()
  const attach = invocation.callbacks && bindCallbacks(invocation.callbacks, invocation.self)
  const start = (onItem: (value: unknown) => void): StreamingCall => {
    const pool = poolFor(invocation.options)
    const call = pool.dispatch(invocation, number, invocation.options, {
      stream: true,
      caller,
      onEvent: (message) => {
        if (message.kind === MessageKind.Item) onItem(outcomeValue(message))
      },
    })
    attach?.(call.future)
    return { call, dispatcher: pool.dispatcher }
  }
  return readStream(caller, bind(start))
}

/** Module code in a worker runs up to its first dispatching call: only the parent makes that call. */
function runInWorker(worker: WorkerRole, invocation: MethodInvocation): Future<unknown> {
  if (worker.insideBody()) return runInline(invocation)
  const future = createFuture(invocation)
  worker.suspend(invocation.self, future)
  return future
}

function streamInWorker(worker: WorkerRole, invocation: MethodInvocation): AsyncGenerator<unknown> {
  if (worker.insideBody()) return runStreamInline(invocation)
  const stream = endlessStream()
  worker.suspend(invocation.self, stream)
  return stream
}

async function* endlessStream(): AsyncGenerator<never> {
  await new Promise(() => undefined)
}

async function* failingStream(error: Error): AsyncGenerator<never> {
  await Promise.reject(error)
}
