/**
 * The types of `@thread` and `@process`: one signature for both dialects.
 *
 * It is one generic signature instead of overloads. With overloads, the compiler prints each of them ("No overload
 * matches this call …"); with this one, it prints only the sentence that says what is wrong. The signature needs three
 * parameters: TypeScript passes two arguments to a stage-3 decorator, and three to a legacy one only if its signature
 * has three.
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
import type { AssignableCallbacks } from './method-callbacks'
import type { NodeMembers } from './node-process'
import type { ProcessOptions, ThreadOptions } from './method-options'

type AnyFunction = (...args: any[]) => any // any: any function may be decorated; `unknown` would refuse parameters
type AnyClass = abstract new (...args: any[]) => any // any: as AnyFunction
type Promised = PromiseLike<any> // any: `PromiseLike<unknown>` would refuse a method that is declared to return `any`
type Stream = AsyncIterable<any> // any: as above
type SyncStream = Generator<any, any, any> // any: as above

type Wrong<Sentence extends string> = `✗ ${Sentence}`
type NotAsync<W extends WorkerKind> =
  Wrong<`this method runs in another ${W}: declare its return type as Promise<T> or ${FutureName<W>}<T>`>
type NotGenerator = Wrong<'the values of a generator would have to wait for a worker: make it an `async *` method'>
type NotMethod = Wrong<'only methods can be decorated'>
type NotPrivate = Wrong<'a worker cannot find a #private method: make it a `private` method'>
type WorkerKind = 'thread' | 'process'
type FutureName<W extends WorkerKind> = W extends 'process' ? 'ProcessFuture' : 'Future'

/** A second argument is a stage-3 context, a legacy key, or else the options of a function wrapper. */
type IsOptions<B> = [B] extends [never] ? false : [B] extends [PropertyKey | { kind: string }] ? false : true
type IsNone<B> = [B] extends [never] ? false : [B] extends [undefined] ? true : false

// The context of a method whose name is a number is `never`. The brackets let it pass.
type CheckTarget<A, B, W extends WorkerKind> = [B] extends [{ kind: 'method' }] ? CheckFunction<A, W> : unknown
type CheckFunction<F, W extends WorkerKind> = F extends (...args: any[]) => infer R // any: as AnyFunction
  ? [R] extends [Promised | Stream]
    ? unknown
    : [R] extends [SyncStream]
      ? NotGenerator
      : NotAsync<W>
  : NotMethod
type CheckDescriptor<C, W extends WorkerKind> =
  C extends TypedPropertyDescriptor<infer F> ? CheckFunction<F, W> : NotMethod

type Target<A, B, O, W extends WorkerKind> = IsNone<B> extends true ? Only<A, O> : A & CheckTarget<A, B, W>
/**
 * `A` is `unknown` until TypeScript has inferred it. TypeScript checks the other arguments before it infers from a
 * function expression, so a function and its options have to pass with `unknown`, too.
 */
type Only<A, O> = A extends AnyFunction ? A : A extends AnyClass ? NotMethod : unknown extends A ? O | Function : O
type Second<A, B, C, O> =
  IsOptions<B> extends true ? (A extends AnyFunction ? O : unknown extends A ? O : Key<B, C>) : Key<B, C>
/** Not `B & …`: the intersection of two literals is `never`, and the compiler would not print the sentence. */
type Key<B, C> = B extends { kind: infer K }
  ? K extends 'method'
    ? B extends { private: true }
      ? NotPrivate
      : B
    : NotMethod
  : [C] extends [undefined]
    ? NotMethod
    : B

type Result<A, B, M, W extends WorkerKind> =
  IsNone<B> extends true
    ? A extends AnyFunction
      ? Wrapped<A, W>
      : A extends AnyClass
        ? void
        : M
    : IsOptions<B> extends true
      ? A extends AnyFunction
        ? Wrapped<A, W>
        : void
      : void

/** What `thread(fn)` returns: a function that runs `fn` in a worker thread. */
export type ThreadFunction<F extends AnyFunction> = Wrapped<F, 'thread'>
/** What `process(fn)` returns: a function that runs `fn` in a worker process. */
export type ProcessFunction<F extends AnyFunction> = Wrapped<F, 'process'>

type Wrapped<F extends AnyFunction, W extends WorkerKind> = ((...args: Parameters<F>) => Outcome<ReturnType<F>, W>) &
  AssignableCallbacks<Awaited<ReturnType<F>>>
type Outcome<R, W extends WorkerKind> =
  R extends AsyncGenerator<infer T, infer End, infer In>
    ? AsyncGenerator<T, End, In>
    : W extends 'process'
      ? ProcessFuture<Awaited<R>>
      : Future<Awaited<R>>

/** What `@thread({ … })` returns: the decorator of a method. */
export interface MethodDecoratorOf<W extends WorkerKind> {
  <A, B, C = undefined>(target: A & CheckTarget<A, B, W>, key: Key<B, C>, descriptor?: C & CheckDescriptor<C, W>): void
}

interface DecoratorOf<O, W extends WorkerKind> {
  <A = unknown, B = undefined, C = undefined>(
    target?: Target<A, B, O, W>,
    key?: Second<A, B, C, O>,
    descriptor?: C & CheckDescriptor<C, W>,
  ): Result<A, B, MethodDecoratorOf<W>, W>
}

export type ThreadDecorator = DecoratorOf<ThreadOptions, 'thread'>
export type ProcessDecorator = DecoratorOf<ProcessOptions, 'process'> & NodeMembers
