import { role } from '../registry/role'
import { signalNames } from '../signals/names'
import { isObject } from '../utils/objects'
import { show } from '../utils/options'
import { decorateMethod, isDecoration, type DecoratedMember, type MethodDecorator } from './method-decorator'
import { bind, bindAll, declare, release, type SignalMethod } from './signal-bindings'

type Handler = (signal: NodeJS.Signals, number: number) => unknown
type Wrong<Sentence extends string> = `✗ ${Sentence}`
type NotHandler = Wrong<'a signal handler is a method that takes (signal: NodeJS.Signals, number: number)'>
type CheckFunction<F> = F extends Handler ? unknown : NotHandler
type CheckTarget<A, B> = [B] extends [{ kind: 'method' }] ? CheckFunction<A> : unknown
type CheckDescriptor<C> = C extends TypedPropertyDescriptor<infer F> ? CheckFunction<F> : NotHandler
type Key<B, C> = B extends { kind: infer K }
  ? K extends 'method'
    ? B
    : NotHandler
  : [C] extends [undefined]
    ? NotHandler
    : B

/** The decorator that `@sighandler('SIGTERM')` creates, for both dialects. */
export interface SighandlerDecorator {
  <A, B, C = undefined>(target: A & CheckTarget<A, B>, key: Key<B, C>, descriptor?: C & CheckDescriptor<C>): void
}

/**
 * Makes a method the handler of one or more signals. Pebble's `sighandler`.
 *
 * The method is called with the name and the number of the signal. It may be asynchronous. If it throws or rejects,
 * that becomes an uncaught exception. It replaces the handler that an earlier `@sighandler` has set for the signal, and
 * leaves listeners of `process.on` alone. In workers it does nothing: only the program handles signals.
 *
 * A static method handles signals from the definition of its class on. A method of an instance does so from the
 * construction of the instance until the instance is disposed (`[Symbol.dispose]`), released ({@link sighandlers}) or
 * garbage-collected; then the previous handler applies again. Legacy decorators do not see the construction: instances
 * are searched for on the heap when the signal comes, unless their constructor calls `sighandlers(this)`.
 *
 * @param signals a name, or several: `'SIGTERM'`, `['SIGINT', 'SIGTERM']`
 * @throws {TypeError} at decoration: an unknown signal; a getter, setter, field, `#private` method or generator;
 * {@link RangeError} for `SIGKILL` and `SIGSTOP`, which no program can handle
 * @example
 * class Server {
 *   @sighandler(['SIGINT', 'SIGTERM'])
 *   async shutdown(signal: NodeJS.Signals): Promise<void> {
 *     await this.close()
 *   }
 * }
 */
export function sighandler(signals: NodeJS.Signals | readonly NodeJS.Signals[]): SighandlerDecorator {
  if (arguments.length !== 1 || typeof signals === 'function') {
    throw new TypeError("Expected @sighandler to be given a signal, or several: `@sighandler('SIGTERM')`")
  }
  const names = signalNames(signals)
  const decorator = (...args: unknown[]): unknown => {
    if (isDecoration(args)) return decorateMethod(args, new Sighandler(names))
    throw new TypeError(`Expected @sighandler to be put on a method, got ${show(args[0])}`)
  }
  return decorator
}

/**
 * Activates the `@sighandler` methods of an instance, or the static ones of a class. They replace those of other
 * objects.
 *
 * With stage-3 decorators, those of a new instance are active already; call this to activate them again, or to get a
 * handle that releases them. With legacy decorators, call it in the constructor: the heap then need not be searched.
 *
 * @returns a handle; disposing it removes these handlers, and the previous ones apply again
 * @throws {TypeError} the object has no `@sighandler` method
 * @example
 * using handlers = sighandlers(server)
 */
export function sighandlers(target: object): Disposable {
  if (!isObject(target))
    throw new TypeError(`Expected an instance or a class with @sighandler methods, got ${show(target)}`)
  if (role.worker === null && bindAll(target) === 0) {
    throw new TypeError(`Expected an instance or a class with @sighandler methods, got ${show(target)}: it has none`)
  }
  return { [Symbol.dispose]: () => release(target) }
}

/** One decorated method. */
class Sighandler implements MethodDecorator {
  readonly name = '@sighandler'
  readonly #signals: readonly NodeJS.Signals[]
  #method!: SignalMethod

  constructor(signals: readonly NodeJS.Signals[]) {
    this.#signals = signals
  }

  /** Registers the method, and returns it unchanged. */
  wrap({ name, holder, original, owner }: DecoratedMember): Function {
    this.#method = { name, signals: this.#signals }
    if (role.worker === null && owner !== undefined) {
      if (holder === 'static') bind(owner, this.#method)
      else declare(owner, this.#method)
    }
    return original
  }

  constructed(target: object): void {
    if (role.worker === null) bind(target, this.#method)
  }
}
