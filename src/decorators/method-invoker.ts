/**
 * Invokes a decorated method: builds the call, decides where its body runs, and returns the future or stream at once.
 *
 * | called in | the body runs |
 * | --- | --- |
 * | the program | in a worker of a pool; in eager mode, in the calling thread |
 * | a worker, inside a body | inline, in that worker |
 * | a worker, by code of a module | nowhere: the call never settles (see `WorkerRole.suspend`) |
 */
import { attachCallbacks } from '../futures/callbacks'
import { Future } from '../futures/future'
import { isEager } from '../pools/eager'
import { createFuture, runInline, runStreamInline } from '../pools/run-inline'
import { streamCall, submitCall, type CallOptions, type CallRequest } from '../pools/submit'
import type { Registration } from '../registry/registrations'
import { role, type WorkerRole } from '../registry/role'
import { isObject } from '../utils/objects'
import { Memo, type MemoizeOptions } from './memoize'
import type { MethodCallbacks } from './method-callbacks'

/** Calls a method on `self`. Returns a future, or a stream if the method is an async generator. */
export type InvokeMethod = (self: unknown, args: unknown[]) => Future<unknown> | AsyncGenerator<unknown>

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
      ? this.#run(this.#request(self, args, this.invoke))
      : this.#remember(this.#memo, self, args)
  }

  #stream(self: unknown, args: unknown[]): AsyncGenerator<unknown> {
    if (this.#needsThis && (self === undefined || self === null)) return failingStream(this.#noThisError())
    const request = this.#request(self, args)
    if (role.worker !== null) return streamInWorker(role.worker, request)
    return isEager() ? runStreamInline(request) : streamCall(request)
  }

  #run(request: CallRequest): Future<unknown> {
    if (role.worker !== null) return runInWorker(role.worker, request)
    return isEager() ? runInline(request) : submitCall(request)
  }

  #remember(memo: Memo, self: unknown, args: unknown[]): Future<unknown> {
    const request = this.#request(self, args)
    try {
      return memo.call({
        self: isObject(request.self) ? request.self : request.registration,
        args,
        submit: (quietly) => this.#run(quietly ? { ...request, callbacks: undefined } : request),
        createFuture: (control) => {
          const future = createFuture(request, control)
          if (request.callbacks) attachCallbacks(future, request.callbacks, request.self)
          return future
        },
      })
    } catch (error) {
      return this.#reject(error) // the `key` function has thrown
    }
  }

  #request(self: unknown, args: unknown[], entry?: Function): CallRequest {
    const registration = this.#registration
    const target = self ?? registration.owner // a static method may be called without a `this`
    return {
      registration,
      self: target,
      args,
      options: this.#options,
      callbacks: this.#callbacks.inForce(registration.key.holder === 'function' ? registration.wrapper : target),
      counter: this.#counter,
      entry,
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
 * A function that calls `invoke` with its `this`. It uses method syntax: a function made that way has no `prototype`,
 * just as methods have none.
 */
export function createMethod(invoke: InvokeMethod): Function {
  const { method } = {
    method(this: unknown, ...args: unknown[]) {
      return invoke(this, args)
    },
  }
  return method
}

/** Module code in a worker runs up to its first dispatching call: only the parent makes that call. */
function runInWorker(worker: WorkerRole, request: CallRequest): Future<unknown> {
  if (worker.insideBody()) return runInline(request)
  const future = createFuture(request)
  worker.suspend(request.self, future)
  return future
}

function streamInWorker(worker: WorkerRole, request: CallRequest): AsyncGenerator<unknown> {
  if (worker.insideBody()) return runStreamInline(request)
  const stream = endlessStream()
  worker.suspend(request.self, stream)
  return stream
}

async function* endlessStream(): AsyncGenerator<never> {
  await new Promise(() => undefined)
}

async function* failingStream(error: Error): AsyncGenerator<never> {
  await Promise.reject(error)
}
