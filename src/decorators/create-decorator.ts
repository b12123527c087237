/** What `thread` and `process` have in common: one function that is decorator, factory of decorators and function wrapper. */
import type { CallOptions } from '../pools/submit'
import { register, type Definition, type Registration } from '../registry/registrations'
import { checkOptions, show, type Rules } from '../utils/options'
import { CallbackSlot } from './callback-slot'
import { setSlot } from './callbacks'
import { copyOwn } from './copy-own'
import { MethodInvoker } from './method-invoker'
import { decorateMethod, isDecoration, type DecoratedMember, type MethodDecorator } from './method-decorator'
import { callOptions, type AnyOptions, type ProcessOptions, type ThreadOptions } from './method-options'
import { defineCallbacks, installOwnFunctions, type InvokeMethod } from './own-functions'
import { ensureMethod, isAsyncGenerator } from './refusals'

interface DecoratorKind {
  readonly kind: CallOptions['kind']
  readonly flavour: CallOptions['flavour']
  readonly rules: Rules<ThreadOptions> | Rules<ProcessOptions>
}

/** The caller casts the result to the decorator's type: it takes too many shapes for a signature here. */
export function createDecorator(kind: DecoratorKind): unknown {
  const name = `@${kind.kind}`
  const decorator = (...args: unknown[]): unknown => {
    if (isDecoration(args)) return decorateMethod(args, new Decorated(kind, {}, decorator))
    const [first, second] = args
    const fn = typeof first === 'function' ? first : undefined
    const options = checkOptions(name, (fn ? second : first) as AnyOptions | undefined, kind.rules as Rules<AnyOptions>)
    return fn ? new Decorated(kind, options, decorator).wrapFunction(fn) : configured(kind, options)
  }
  return Object.defineProperty(decorator, 'name', { value: kind.kind })
}

/** The decorator with its options, for any number of methods. */
function configured(kind: DecoratorKind, options: AnyOptions): Function {
  const decorator = (...args: unknown[]): unknown => {
    const decorated = new Decorated(kind, options, decorator)
    if (isDecoration(args)) return decorateMethod(args, decorated)
    const [fn] = args
    if (typeof fn === 'function') return decorated.wrapFunction(fn)
    throw new TypeError(`Expected ${decorated.name} to be put on a method or given a function, got ${show(fn)}`)
  }
  return decorator
}

/** One decorated method, or wrapped function. */
class Decorated implements MethodDecorator {
  readonly name: string
  readonly #kind: DecoratorKind
  readonly #options: AnyOptions
  readonly #below: Function
  readonly #callbacks: CallbackSlot
  #registration!: Registration
  #invoker!: MethodInvoker
  #streams = false

  /** @param below - the module of the method is looked for in the frames under this function */
  constructor(kind: DecoratorKind, options: AnyOptions, below: Function) {
    this.name = `@${kind.kind}`
    this.#kind = kind
    this.#options = options
    this.#below = below
    this.#callbacks = new CallbackSlot(options)
  }

  wrap(member: DecoratedMember): Function {
    const { name, holder, original, owner } = member
    const wrapper = this.#wrapperOf(original)
    // Only a static method of stage 3 has a function that is its class's alone.
    const isShared = holder === 'instance' || owner !== undefined
    defineCallbacks(wrapper, this.#callbacks, () => (isShared ? undefined : this.#registration.owner))
    this.#register({ name, holder, original, owner, wrapper })
    return wrapper
  }

  found(owner: object): boolean {
    this.#registration.owner = owner
    return this.#streams || installOwnFunctions(owner, this.#registration, this.#callbacks, this.#call)
  }

  wrapFunction(original: Function): Function {
    ensureMethod(this.name, original)
    const wrapper = this.#wrapperOf(original)
    defineCallbacks(wrapper, this.#callbacks, () => wrapper)
    this.#register({ name: original.name, holder: 'function', original, wrapper })
    copyOwn(original, wrapper)
    return wrapper
  }

  /** By method syntax, which makes a function without a `prototype` of its own, as methods are. */
  #wrapperOf(original: Function): Function {
    this.#streams = isAsyncGenerator(original)
    const call = this.#call
    const { wrapper } = {
      wrapper(this: unknown, ...args: unknown[]) {
        return call(this, args)
      },
    }
    return wrapper
  }

  readonly #call: InvokeMethod = (self, args) =>
    this.#streams ? this.#invoker.stream(self, args) : this.#invoker.call(self, args)

  #register(method: Omit<Definition, 'below' | 'module'>): void {
    const { memoize, module } = this.#options
    if (memoize && this.#streams)
      throw new TypeError(
        `Expected \`memoize\` to be on a method with one result: \`${String(method.name)}\` streams its values.`,
      )
    const registration = register({ ...method, below: this.#below, module })
    const options = callOptions(this.#kind.kind, this.#kind.flavour, this.#options)
    this.#registration = registration
    this.#invoker = new MethodInvoker(
      registration,
      options,
      this.#callbacks,
      memoize === true ? {} : memoize || undefined,
    )
    setSlot(registration, this.#callbacks)
  }
}
