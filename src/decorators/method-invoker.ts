/**
 * The functions that stand in the place of a decorated method, and what a call of them does: it makes the invocation,
 * decides where the body runs, and returns the future or stream at once.
 *
 *   the wrapper of the method ─────────────────┐
 *                                              ├──► MethodInvoker.invoke ──► submitCall (pools/registry.ts)
 *   the function of one instance (OwnFunctions)┘
 *
 * | called in | the body runs |
 * | --- | --- |
 * | the program | in a worker of a pool; in eager mode, in the calling thread |
 * | a worker, inside a body | inline, in that worker |
 * | a worker, by code of a module | nowhere: the call never settles (see `WorkerRole.suspend`) |
 */
import { attachCallbacks, type OutcomeCallbacks } from '../futures/callbacks'
import { Future } from '../futures/future'
import { isEager } from '../pools/eager'
import { streamCall, submitCall, type CallOptions, type MethodInvocation } from '../pools/registry'
import { createFuture, runInline, runStreamInline } from '../pools/run-inline'
import { alias, receiverOf, setReceiver, type Registration } from '../registry/registrations'
import { role, type WorkerRole } from '../registry/role'
import { isWrapperOf } from '../registry/wrappers'
import { isObject, isPrototypeOfClass } from '../utils/objects'
import { createTag } from '../utils/private-tag'
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

const CALLBACKS = ['callback', 'errorCallback'] as const

/**
 * Defines the properties `callback` and `errorCallback` of a wrapper.
 *
 * @param object returns the object whose callbacks they are; if it returns none, assigning throws
 */
export function defineCallbacks(wrapper: Function, callbacks: MethodCallbacks, object: () => object | undefined): void {
  for (const name of CALLBACKS) {
    Object.defineProperty(wrapper, name, {
      configurable: true,
      get: () => callbacks.inForce(object())?.[name],
      set: (value: unknown) => callbacks.assign(object() ?? refuseShared(wrapper, name), name, value),
    })
  }
}

/**
 * Makes `this.render.callback = …` apply to one instance only (stage 3). The method's property becomes an accessor that
 * returns a function of its own for each instance. There is one accessor per class, installed when the first instance
 * is created. It adds 5 ns to each `new`; a bound function per instance would add 170 ns per method.
 *
 * Under legacy decorators the method must stay a plain data property, because Nest skips accessors. There the
 * assignment throws.
 *
 * @param owner has the property of the method
 * @returns whether there is nothing left to do: false while something else, such as a mock, has replaced the wrapper
 */
export function installOwnFunctions(
  owner: object,
  registration: Registration,
  callbacks: MethodCallbacks,
  invoke: InvokeMethod,
): boolean {
  const { name, wrapper } = registration
  const descriptor = Object.getOwnPropertyDescriptor(owner, name)
  if (descriptor?.value !== wrapper || !descriptor.configurable) return isWrapperOf(descriptor?.value, wrapper)
  const functions = new OwnFunctions(registration, callbacks, invoke)
  let current: unknown = wrapper
  Object.defineProperty(owner, name, {
    configurable: true,
    enumerable: descriptor.enumerable,
    get(this: object) {
      return this === owner || current !== wrapper ? current : functions.of(this)
    },
    set(this: object, value: unknown) {
      if (this === owner)
        current = value // a mock replaces the method, or is removed again
      else Object.defineProperty(this, name, { value, configurable: true, enumerable: true, writable: true })
    },
  })
  return true
}

/**
 * The functions of one method: one per instance, or, for a static method, per subclass. Each may be called on any
 * `this`.
 */
class OwnFunctions {
  readonly #functions = createTag<Function>()
  readonly #wrapper: Function
  readonly #invoke: InvokeMethod
  readonly #prototype: object
  readonly #shape: PropertyDescriptorMap

  constructor(registration: Registration, callbacks: MethodCallbacks, invoke: InvokeMethod) {
    this.#wrapper = registration.wrapper
    this.#invoke = invoke
    this.#prototype = prototypeOfFunctions(registration, callbacks)
    const { name, length } = registration.wrapper
    this.#shape = { name: { value: name, configurable: true }, length: { value: length, configurable: true } }
  }

  of(holder: object): Function {
    return this.#functions.get(holder) ?? this.#create(holder)
  }

  /**
   * Returns the shared wrapper for objects that cannot be tagged, and for prototypes: mocks and workers read it there.
   */
  #create(holder: object): Function {
    if (!Object.isExtensible(holder) || isPrototypeOfClass(holder)) return this.#wrapper
    const own = createMethod(this.#invoke)
    Object.setPrototypeOf(own, this.#prototype)
    Object.defineProperties(own, this.#shape)
    setReceiver(own, holder)
    this.#functions.set(holder, own)
    return own
  }
}

/** Inherits the own properties and the metadata of the wrapper, except the callbacks. */
function prototypeOfFunctions(registration: Registration, callbacks: MethodCallbacks): object {
  const prototype = Object.create(registration.wrapper) as object
  for (const name of CALLBACKS) {
    Object.defineProperty(prototype, name, {
      configurable: true,
      get(this: Function) {
        return callbacks.inForce(receiverOf(this))?.[name]
      },
      set(this: Function, value: unknown) {
        callbacks.assign(receiverOf(this) as object, name, value)
      },
    })
  }
  alias(prototype, registration)
  return prototype
}

function refuseShared(wrapper: Function, name: keyof OutcomeCallbacks): never {
  throw new TypeError(
    `\`${wrapper.name}\` is one function for all instances: a \`${name}\` assigned to it would apply to all of them. ` +
      `Assign it by \`callbacks(this, this.${wrapper.name}).${name} = …\`, with \`callbacks\` of pebble-ts.`,
  )
}
