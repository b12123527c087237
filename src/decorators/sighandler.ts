import { role } from '../registry/role'
import { signalNames } from '../signals/names'
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

/** What `@sighandler('SIGTERM')` is: the decorator of a method, for both dialects. */
export interface SighandlerDecorator {
  <A, B, C = undefined>(target: A & CheckTarget<A, B>, key: Key<B, C>, descriptor?: C & CheckDescriptor<C>): void
}

/**
 * Makes a method the handler of one signal, or several. Pebble's `sighandler`.
 *
 * It is called with the signal's name and number. It may be asynchronous; what it throws, or rejects with, becomes an
 * uncaught exception with its stack. It replaces the handler that an earlier `@sighandler` set for that signal, and
 * leaves listeners of `process.on` alone. In workers it does nothing: signals are the program's.
 *
 * A static method handles from the definition of its class on, an instance's from the construction of the instance
 * until it is disposed (`[Symbol.dispose]`), released ({@link sighandlers}) or garbage; then the handler before it is in
 * force again. Under legacy decorators nobody tells of new instances: they are looked for on the heap when the signal
 * comes, unless `sighandlers(this)` in the constructor says so at once.
 *
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
 * Puts the `@sighandler` methods of an instance, or the static ones of a class, in force, over those of others.
 *
 * Under stage-3 decorators a new instance's are already; call this to have them again, or for what it returns. Under
 * legacy decorators, call it in the constructor: an instance is then known without a search of the heap.
 *
 * @returns disposing it takes these handlers down, and the ones before them are in force again
 * @throws {TypeError} the object has no `@sighandler` method
 * @example
 * using handlers = sighandlers(server)
 */
export function sighandlers(target: object): Disposable {
  const isObject = (typeof target === 'object' && target !== null) || typeof target === 'function'
  if (!isObject) throw new TypeError(`Expected an instance or a class with @sighandler methods, got ${show(target)}`)
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

  /** The method stays what it is. */
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
