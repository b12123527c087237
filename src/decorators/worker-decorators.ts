/**
 * `@thread` and `@process`. Each is one function with three uses: a decorator (`@thread`), a factory of decorators
 * (`@thread({ … })`) and a wrapper of functions (`thread(fn, { … })`).
 *
 * This folder has a file per decorator. The way of a call through it:
 *
 *   service.render(doc)
 *     own-functions      the property `render` gives a function for this instance (stage 3)
 *     worker-decorators  the wrapper that replaced the method
 *     method-invoker     builds the call: `this`, arguments, options, and callbacks (method-callbacks); with `memoize`,
 *                        asks memoize first
 *     ─► pools/          submits the call, or runs the body inline
 *
 * Only `method-decorator` distinguishes the two decorator dialects.
 */
import type { Flavour } from '../futures/future'
import type { CallOptions } from '../pools/submit'
import { register, type Definition, type Registration } from '../registry/registrations'
import { checkOptions, show, type Rules } from '../utils/options'
import { copyOwn } from './copy-own'
import { MethodCallbacks, registerCallbacks } from './method-callbacks'
import { decorateMethod, isDecoration, type DecoratedMember, type MethodDecorator } from './method-decorator'
import { MethodInvoker } from './method-invoker'
import { callOptions, processRules, threadRules, type AnyOptions } from './method-options'
import type { ProcessOptions, ThreadOptions } from './method-options'
import { refuseNodeMembers } from './node-process'
import { defineCallbacks, installOwnFunctions, type InvokeMethod } from './own-functions'
import { ensureMethod, isAsyncGenerator } from './refusals'
import type { ProcessDecorator, ThreadDecorator } from './types'

interface DecoratorKind {
  readonly kind: CallOptions['kind']
  /** When done-callbacks run. */
  readonly flavour: Flavour
  readonly rules: Rules<ThreadOptions> | Rules<ProcessOptions>
}

/** Creates `@thread`. */
export const threadDecorator = (flavour: Flavour): ThreadDecorator =>
  createDecorator({ kind: 'thread', flavour, rules: threadRules }) as ThreadDecorator

/** Creates `@process`. */
export const processDecorator = (flavour: Flavour): ProcessDecorator =>
  refuseNodeMembers(createDecorator({ kind: 'process', flavour, rules: processRules }) as ProcessDecorator)

/** Callers cast the result: the decorator has too many forms for a signature here (see types.ts). */
function createDecorator(kind: DecoratorKind): unknown {
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

/** The decorator with its options; it may decorate any number of methods. */
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
  readonly #callbacks: MethodCallbacks
  #registration!: Registration
  #invoker!: MethodInvoker
  #streams = false

  /** @param below - the module of the method is searched for in the stack frames below this function */
  constructor(kind: DecoratorKind, options: AnyOptions, below: Function) {
    this.name = `@${kind.kind}`
    this.#kind = kind
    this.#options = options
    this.#below = below
    this.#callbacks = new MethodCallbacks(options)
  }

  wrap(member: DecoratedMember): Function {
    const { name, holder, original, owner } = member
    const wrapper = this.#createWrapper(original)
    // With stage 3, only a static method has a function that belongs to one class alone.
    const isShared = holder === 'instance' || owner !== undefined
    defineCallbacks(wrapper, this.#callbacks, () => (isShared ? undefined : this.#registration.owner))
    this.#register({ name, holder, original, owner, wrapper })
    return wrapper
  }

  ownerFound(owner: object): boolean {
    this.#registration.owner = owner
    return this.#streams || installOwnFunctions(owner, this.#registration, this.#callbacks, this.#call)
  }

  wrapFunction(original: Function): Function {
    ensureMethod(this.name, original)
    const wrapper = this.#createWrapper(original)
    defineCallbacks(wrapper, this.#callbacks, () => wrapper)
    this.#register({ name: original.name, holder: 'function', original, wrapper })
    copyOwn(original, wrapper)
    return wrapper
  }

  /** Uses method syntax: a function made that way has no `prototype`, just as methods have none. */
  #createWrapper(original: Function): Function {
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
    registerCallbacks(registration, this.#callbacks)
  }
}
