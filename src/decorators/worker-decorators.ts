/**
 * `@thread` and `@process`. Each is one function with three uses: a decorator (`@thread`), a factory of decorators
 * (`@thread({ … })`) and a wrapper of functions (`thread(fn, { … })`).
 *
 * This folder has a file per decorator. The way of a call through it:
 *
 *   service.render(doc)
 *     method-invoker       the wrapper that replaced the method, or the function of this instance (`own-functions`), makes
 *                          the invocation: `this`, arguments, options; with `memoize`, the kept results are asked first
 *     method-callbacks     finds the callbacks of the instance
 *     ─► pools             the call goes to the pool of its options; `pools/run-inline` runs the body inline
 *
 * `method-decorator` and `method-owners` distinguish the two decorator dialects.
 */
import type { Flavour } from '../futures/future'
import { decoratorHints } from '../pools/option-hints'
import type { CallOptions } from '../pools/registry'
import { register, type Definition, type Registration } from '../registry/registrations'
import { checkOptions, show, type Rules } from '../utils/options'
import { copyOwn } from './copy-own'
import { MethodCallbacks, registerCallbacks } from './method-callbacks'
import { decorateMethod, isDecoration, type DecoratedMember, type MethodDecorator } from './method-decorator'
import { createMethod, MethodInvoker } from './method-invoker'
import { callOptions, processRules, threadRules, type AnyOptions } from './method-options'
import type { ProcessOptions, ThreadOptions } from './method-options'
import { refuseNodeMembers } from './node-process'
import { defineCallbacks, installOwnFunctions } from './own-functions'
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
    const given = (fn ? second : first) as AnyOptions | undefined
    const options = checkOptions(name, given, kind.rules as Rules<AnyOptions>, decoratorHints)
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
    return this.#streams || installOwnFunctions(owner, this.#registration, this.#callbacks, this.#invoker.invoke)
  }

  wrapFunction(original: Function): Function {
    ensureMethod(this.name, original)
    const wrapper = this.#createWrapper(original)
    defineCallbacks(wrapper, this.#callbacks, () => wrapper)
    this.#register({ name: original.name, holder: 'function', original, wrapper })
    copyOwn(original, wrapper)
    return wrapper
  }

  #createWrapper(original: Function): Function {
    this.#streams = isAsyncGenerator(original)
    const options = callOptions(this.#kind.kind, this.#kind.flavour, this.#options)
    const memoize = this.#options.memoize === true ? {} : this.#options.memoize || undefined
    this.#invoker = new MethodInvoker(options, this.#callbacks, this.#streams, memoize)
    return createMethod(this.#invoker.invoke)
  }

  #register(method: Omit<Definition, 'below' | 'module'>): void {
    const { memoize, module } = this.#options
    if (memoize && this.#streams)
      throw new TypeError(
        `Expected \`memoize\` to be on a method with one result: \`${String(method.name)}\` streams its values.`,
      )
    this.#registration = register({ ...method, below: this.#below, module })
    this.#invoker.setRegistration(this.#registration)
    registerCallbacks(this.#registration, this.#callbacks)
  }
}
