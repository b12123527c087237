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

/** The calls of one decorated method, or wrapped function. */
export class MethodInvoker {
  readonly #registration: Registration
  readonly #options: CallOptions
  readonly #callbacks: MethodCallbacks
  readonly #needsThis: boolean
  readonly #counter = { count: 0 }
  readonly #memo: Memo | undefined

  constructor(registration: Registration, options: CallOptions, callbacks: MethodCallbacks, memoize?: MemoizeOptions) {
    this.#registration = registration
    this.#options = options
    this.#callbacks = callbacks
    this.#needsThis = registration.key.holder === 'instance'
    if (memoize) this.#memo = new Memo(memoize)
  }

  /** Calls a method that has one result. */
  call(self: unknown, args: unknown[]): Future<unknown> {
    if (this.#needsThis && (self === undefined || self === null)) return this.#reject(this.#noThisError())
    return this.#memo === undefined ? this.#run(this.#request(self, args)) : this.#remember(this.#memo, self, args)
  }

  /** Calls a method that is an async generator. */
  stream(self: unknown, args: unknown[]): AsyncGenerator<unknown> {
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

  #request(self: unknown, args: unknown[]): CallRequest {
    const registration = this.#registration
    const target = self ?? registration.owner // a static method may be called without a `this`
    return {
      registration,
      self: target,
      args,
      options: this.#options,
      callbacks: this.#callbacks.inForce(registration.key.holder === 'function' ? registration.wrapper : target),
      counter: this.#counter,
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
