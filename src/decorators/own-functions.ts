/**
 * What makes `this.render.callback = …` mean this instance alone (stage 3): the method's property becomes an accessor
 * that hands out one function per instance. One per class, installed when the first instance is made: +5 ns per `new`,
 * where an own bound function per instance costs 170 ns a method.
 *
 * Under legacy decorators the method must stay a plain data property (Nest skips accessors), so its one function refuses.
 */
import { alias, receiverOf, setReceiver, type Registration } from '../registry/registrations'
import { isWrapperOf } from '../registry/wrappers'
import { createTag } from '../utils/private-tag'
import type { OutcomeCallbacks } from '../futures/callbacks'
import type { CallbackSlot } from './callback-slot'

export type InvokeMethod = (self: unknown, args: unknown[]) => unknown

const CALLBACKS = ['callback', 'errorCallback'] as const

/** Puts `callback` and `errorCallback` on a wrapper; assigning sets those of `object()`, or throws where there is none. */
export function defineCallbacks(wrapper: Function, slot: CallbackSlot, object: () => object | undefined): void {
  for (const name of CALLBACKS) {
    Object.defineProperty(wrapper, name, {
      configurable: true,
      get: () => slot.inForce(object())?.[name],
      set: (value: unknown) => slot.assign(object() ?? refuseShared(wrapper, name), name, value),
    })
  }
}

/**
 * Replaces the property of `owner` by the accessor.
 *
 * @returns whether it could: not while something else, a mock for one, is in the wrapper's place
 */
export function installOwnFunctions(
  owner: object,
  registration: Registration,
  slot: CallbackSlot,
  call: InvokeMethod,
): boolean {
  const { name, wrapper } = registration
  const descriptor = Object.getOwnPropertyDescriptor(owner, name)
  if (descriptor?.value !== wrapper || !descriptor.configurable) return isWrapperOf(descriptor?.value, wrapper)
  const functions = new OwnFunctions(registration, slot, call)
  let current: unknown = wrapper
  Object.defineProperty(owner, name, {
    configurable: true,
    enumerable: descriptor.enumerable,
    get(this: object) {
      return this === owner || current !== wrapper ? current : functions.of(this)
    },
    set(this: object, value: unknown) {
      if (this === owner)
        current = value // a mock that is put in place of the method, and its end
      else Object.defineProperty(this, name, { value, configurable: true, enumerable: true, writable: true })
    },
  })
  return true
}

/** One function per instance (or subclass, for statics) of one method; it calls the method on whatever `this` it gets. */
class OwnFunctions {
  readonly #functions = createTag<Function>()
  readonly #wrapper: Function
  readonly #call: InvokeMethod
  readonly #prototype: object
  readonly #shape: PropertyDescriptorMap

  constructor(registration: Registration, slot: CallbackSlot, call: InvokeMethod) {
    this.#wrapper = registration.wrapper
    this.#call = call
    this.#prototype = prototypeOfFunctions(registration, slot)
    const { name, length } = registration.wrapper
    this.#shape = { name: { value: name, configurable: true }, length: { value: length, configurable: true } }
  }

  of(holder: object): Function {
    return this.#functions.get(holder) ?? this.#create(holder)
  }

  /** For those that cannot be stamped, and for prototypes, it is the shared one. */
  #create(holder: object): Function {
    if (!Object.isExtensible(holder) || isPrototype(holder)) return this.#wrapper
    const call = this.#call
    const { own } = {
      own(this: unknown, ...args: unknown[]) {
        return call(this, args)
      },
    }
    Object.setPrototypeOf(own, this.#prototype)
    Object.defineProperties(own, this.#shape)
    setReceiver(own, holder)
    this.#functions.set(holder, own)
    return own
  }
}

/** Inherits the wrapper's own properties and metadata, all but the callbacks. */
function prototypeOfFunctions(registration: Registration, slot: CallbackSlot): object {
  const prototype = Object.create(registration.wrapper) as object
  for (const name of CALLBACKS) {
    Object.defineProperty(prototype, name, {
      configurable: true,
      get(this: Function) {
        return slot.inForce(receiverOf(this))?.[name]
      },
      set(this: Function, value: unknown) {
        slot.assign(receiverOf(this) as object, name, value)
      },
    })
  }
  alias(prototype, registration)
  return prototype
}

/** Read from a class's prototype, as mocks and workers do, the method is the shared one. */
function isPrototype(object: object): boolean {
  const cls: unknown = Object.getOwnPropertyDescriptor(object, 'constructor')?.value
  return typeof cls === 'function' && cls.prototype === object
}

function refuseShared(wrapper: Function, name: keyof OutcomeCallbacks): never {
  throw new TypeError(
    `\`${wrapper.name}\` is one function for all instances: a \`${name}\` assigned to it would be everybody's. ` +
      `Assign it by \`callbacks(this, this.${wrapper.name}).${name} = …\`, with \`callbacks\` of pebble-ts.`,
  )
}
