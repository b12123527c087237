/** What a wrapper does when it is called: where the body runs, and what is given back at once. */
import { attachCallbacks } from '../futures/callbacks'
import { Future } from '../futures/future'
import { isEager } from '../pools/eager'
import { createFuture, runInline, runStreamInline } from '../pools/run-inline'
import { streamCall, submitCall, type CallOptions, type CallRequest } from '../pools/submit'
import type { Registration } from '../registry/registrations'
import { role, type WorkerRole } from '../registry/role'
import type { CallbackSlot } from './callback-slot'
import { Memo, type MemoizeOptions } from './memoize'

/** The calls of one decorated method, or wrapped function. */
export class MethodInvoker {
  readonly #registration: Registration
  readonly #options: CallOptions
  readonly #callbacks: CallbackSlot
  readonly #needsThis: boolean
  readonly #counter = { count: 0 }
  readonly #memo: Memo | undefined

  constructor(registration: Registration, options: CallOptions, callbacks: CallbackSlot, memoize?: MemoizeOptions) {
    this.#registration = registration
    this.#options = options
    this.#callbacks = callbacks
    this.#needsThis = registration.key.holder === 'instance'
    if (memoize) this.#memo = new Memo(memoize)
  }

  /** Runs the body for its result. */
  call(self: unknown, args: unknown[]): Future<unknown> {
    if (this.#needsThis && (self === undefined || self === null)) return this.#reject(this.#detached())
    return this.#memo === undefined ? this.#submit(self, args) : this.#remember(this.#memo, self, args)
  }

  /** Runs the body, an async generator, for its values. */
  stream(self: unknown, args: unknown[]): AsyncGenerator<unknown> {
    if (this.#needsThis && (self === undefined || self === null)) return failing(this.#detached())
    const request = this.#request(self, args)
    if (role.worker !== null) return streamInWorker(role.worker, request)
    return isEager() ? runStreamInline(request) : streamCall(request)
  }

  #submit(self: unknown, args: unknown[]): Future<unknown> {
    return this.#run(this.#request(self, args))
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
      return this.#reject(error) // of the `key` function
    }
  }

  #request(self: unknown, args: unknown[]): CallRequest {
    const registration = this.#registration
    const target = self ?? registration.owner // a static method may be called without its class
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

  #detached(): TypeError {
    const name = String(this.#registration.wrapper.name)
    return new TypeError(
      `${this.#registration.label} was called without its \`this\`: call it as a method of its instance, or bind it: ` +
        `\`${name}.bind(instance)\`.`,
    )
  }
}

/** Module code of a worker comes as far as its first call: that one is for the parent to make. */
function runInWorker(worker: WorkerRole, request: CallRequest): Future<unknown> {
  if (worker.insideBody()) return runInline(request)
  const future = createFuture(request)
  worker.suspend(request.self, future)
  return future
}

function streamInWorker(worker: WorkerRole, request: CallRequest): AsyncGenerator<unknown> {
  if (worker.insideBody()) return runStreamInline(request)
  const stream = parked()
  worker.suspend(request.self, stream)
  return stream
}

async function* parked(): AsyncGenerator<never> {
  await new Promise(() => undefined)
}

async function* failing(error: Error): AsyncGenerator<never> {
  await Promise.reject(error)
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}
