/**
 * The types of the decorators, for both dialects at once.
 *
 * One generic signature, and not overloads: of overloads the compiler prints every one ("No overload matches this
 * call …"), of this only the sentence that says what is wrong. Three parameters matter: TypeScript passes two arguments
 * to a stage-3 decorator, and three to a legacy one only if its signature has three.
 *
 * | | A | B | C |
 * | --- | --- | --- | --- |
 * | stage 3 | the method | its context | |
 * | legacy | the prototype or class | the key | the descriptor |
 * | function wrapper | the function | its options | |
 * | with options, `@thread({ … })` | the options | | |
 */
import type { Future } from '../futures/future'
import type { ProcessFuture } from '../futures/process-future'
import type { AssignableCallbacks } from './callback-slot'
import type { ProcessOptions, ThreadOptions } from './method-options'

type AnyFunction = (...args: any[]) => any // any: whatever function is decorated; `unknown` would refuse parameters
type Promised = PromiseLike<any> // any: `PromiseLike<unknown>` would not take a method that is declared to return `any`
type Stream = AsyncIterable<any> // any: as above

type Wrong<Sentence extends string> = `✗ ${Sentence}`
type NotAsync<Worker extends string> =
  Wrong<`this method runs in another ${Worker}: declare its return type as Promise<T> or ${FutureName<Worker>}<T>`>
type NotMethod = Wrong<'only methods can be decorated'>
type FutureName<Worker extends string> = Worker extends 'process' ? 'ProcessFuture' : 'Future'

type CheckFunction<F, W extends string> = F extends (...args: any[]) => infer R // any: as AnyFunction
  ? [R] extends [Promised | Stream]
    ? unknown
    : NotAsync<W>
  : NotMethod
type CheckTarget<A, B, W extends string> = B extends { kind: 'method' } ? CheckFunction<A, W> : unknown
type CheckKey<B, C> = B extends { kind: infer K }
  ? K extends 'method'
    ? unknown
    : NotMethod
  : [C] extends [undefined]
    ? NotMethod
    : unknown
type CheckDescriptor<C, W extends string> = C extends TypedPropertyDescriptor<infer F> ? CheckFunction<F, W> : NotMethod

type IsNone<B> = [B] extends [never] ? false : [B] extends [undefined] ? true : false
/** Stage-3 contexts and legacy keys; what else stands second are the options of a function wrapper. */
type IsOptions<B> = [B] extends [never] ? false : [B] extends [PropertyKey | { kind: string }] ? false : true

type Target<A, B, O, W extends string> =
  IsNone<B> extends true ? (A extends AnyFunction ? A : O) : A & CheckTarget<A, B, W>
type Second<A, B, C, O> = A extends AnyFunction
  ? IsOptions<B> extends true
    ? O
    : B & CheckKey<B, C>
  : B & CheckKey<B, C>

type Result<A, B, M, W extends string> =
  IsNone<B> extends true
    ? A extends AnyFunction
      ? Wrapped<A, W>
      : M
    : IsOptions<B> extends true
      ? A extends AnyFunction
        ? Wrapped<A, W>
        : void
      : void

/** What `thread(fn)` gives: `fn` in a worker. */
export type ThreadFunction<F extends AnyFunction> = Wrapped<F, 'thread'>
/** What `process(fn)` gives: `fn` in a worker process. */
export type ProcessFunction<F extends AnyFunction> = Wrapped<F, 'process'>

type Wrapped<F extends AnyFunction, W extends string> = ((...args: Parameters<F>) => Outcome<ReturnType<F>, W>) &
  AssignableCallbacks<Awaited<ReturnType<F>>>
type Outcome<R, W extends string> =
  R extends AsyncGenerator<infer T, infer End, infer In>
    ? AsyncGenerator<T, End, In>
    : W extends 'process'
      ? ProcessFuture<Awaited<R>>
      : Future<Awaited<R>>

/** What `@thread({ … })` gives: the decorator of a method. */
export interface MethodDecoratorOf<W extends string> {
  <A, B, C = undefined>(
    target: A & CheckTarget<A, B, W>,
    key: B & CheckKey<B, C>,
    descriptor?: C & CheckDescriptor<C, W>,
  ): void
}

interface DecoratorOf<O, W extends string> {
  <A = O, B = undefined, C = undefined>(
    target?: Target<A, B, O, W>,
    key?: Second<A, B, C, O>,
    descriptor?: C & CheckDescriptor<C, W>,
  ): Result<A, B, MethodDecoratorOf<W>, W>
}

export type ThreadDecorator = DecoratorOf<ThreadOptions, 'thread'>
export type ProcessDecorator = DecoratorOf<ProcessOptions, 'process'>
