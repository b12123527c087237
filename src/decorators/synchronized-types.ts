/**
 * The types of `synchronized`: one signature for both dialects, for the reasons given in `types.ts`.
 *
 * | | A | B | C |
 * | --- | --- | --- | --- |
 * | stage 3 | the method | its context | |
 * | legacy | the prototype or class | the key | the descriptor |
 * | function wrapper | the function | the lock | |
 * | with a lock, `@synchronized(lock)` | the lock | | |
 */
import type { Lock, RLock, Semaphore } from '../sync/locks'

type AnyFunction = (...args: any[]) => any // any: any function may be decorated; `unknown` would refuse parameters
type AnyLock = Lock | RLock | Semaphore

type NotAsync = '✗ this method waits for its turn: declare its return type as Promise<T>'
type NotMethod = '✗ only methods can be decorated'

type IsNone<B> = [B] extends [never] ? false : [B] extends [undefined] ? true : false
type IsLock<B> = [B] extends [never] ? false : [B] extends [AnyLock] ? true : false

// any: a method may be declared to return `Promise<any>`
type CheckFunction<F> = F extends (...args: any[]) => infer R // any: as AnyFunction
  ? [R] extends [PromiseLike<any> | AsyncIterable<any>] // any: as above
    ? unknown
    : NotAsync
  : NotMethod
type CheckTarget<A, B> = [B] extends [{ kind: 'method' }] ? CheckFunction<A> : unknown
type CheckDescriptor<C> = C extends TypedPropertyDescriptor<infer F> ? CheckFunction<F> : NotMethod
type Key<B, C> = B extends { kind: infer K }
  ? K extends 'method'
    ? B
    : NotMethod
  : [C] extends [undefined]
    ? NotMethod
    : B

type Target<A, B> = IsNone<B> extends true ? (A extends AnyFunction ? A : AnyLock) : A & CheckTarget<A, B>
type Second<A, B, C> = A extends AnyFunction ? (IsLock<B> extends true ? AnyLock : Key<B, C>) : Key<B, C>
type Result<A, B> =
  IsNone<B> extends true
    ? A extends AnyFunction
      ? SynchronizedFunction<Given<A>>
      : SynchronizedMethods
    : IsLock<B> extends true
      ? A extends AnyFunction
        ? SynchronizedFunction<Given<A>>
        : void
      : void
/** Not inferred from the type that a decorator should have: `@synchronized()` would take that for its argument. */
type Given<A> = [A][A extends unknown ? 0 : never]

/** What `synchronized(fn)` returns: `fn`, which runs one call at a time. */
export type SynchronizedFunction<F extends AnyFunction> =
  ReturnType<F> extends AsyncIterable<any> // any: as above
    ? F
    : (...args: Parameters<F>) => Promise<Awaited<ReturnType<F>>>

/** What `@synchronized(lock)` returns: a decorator of methods, and a wrapper of functions. */
export interface SynchronizedMethods {
  <A, B = undefined, C = undefined>(
    target: IsNone<B> extends true ? (A extends AnyFunction ? A : NotMethod) : A & CheckTarget<A, B>,
    key?: Key<B, C>,
    descriptor?: C & CheckDescriptor<C>,
  ): IsNone<B> extends true ? (A extends AnyFunction ? SynchronizedFunction<A> : void) : void
}

export interface SynchronizedDecorator {
  /** The lock of all methods that are decorated without a lock. */
  readonly lock: Lock
  <A = AnyLock, B = undefined, C = undefined>(
    target?: Target<A, B>,
    key?: Second<A, B, C>,
    descriptor?: C & CheckDescriptor<C>,
  ): Result<A, B>
}
