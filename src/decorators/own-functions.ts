/**
 * The functions that stand in the place of a decorated method: their properties `callback` and `errorCallback`, and,
 * with stage 3, a function of its own for each instance, so that these properties belong to one instance.
 */
import type { OutcomeCallbacks } from '../futures/callbacks'
import { alias, receiverOf, setReceiver, type Registration } from '../registry/registrations'
import { isWrapperOf } from '../registry/wrappers'
import { isPrototypeOfClass } from '../utils/objects'
import { createTag } from '../utils/private-tag'
import type { MethodCallbacks } from './method-callbacks'
import { createMethod, type InvokeMethod } from './method-invoker'

const CALLBACKS = ['callback', 'errorCallback'] as const

/**
 * Defines the properties `callback` and `errorCallback` of a wrapper.
 *
 * @param object returns the object that the callbacks belong to. If it returns none, assigning throws
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
 * is created. It adds 3 ns to each `new`; a bound function per instance would add 170 ns per method.
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
