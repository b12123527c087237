/** The arguments of `map` after the function: the iterables, which are read in step, and the options. */
import { types } from 'node:util'
import * as rule from '../../utils/options'
import { callRules } from '../schedule-options'

/** Options of `map`. Durations are in ms. */
export interface MapOptions {
  /** Number of elements that are sent and run together, at most 1,048,576. Default: 1. Pebble's `chunksize`. */
  chunkSize?: number
  /** Limit of running for each chunk in ms. Default: no limit. */
  timeout?: number
  /** Cancels the rest of the map when it aborts. */
  signal?: AbortSignal
  /** The most elements taken from the iterables ahead of the reader. Default: 1,024, or four chunks per worker if that is more. */
  buffer?: number
  /** Chunks with a higher priority go before other calls of the pool. Default: 0. */
  priority?: number
  /** Time in ms between the abort of the bodies' `currentTask().signal` and the end of the worker. Default: 0. */
  grace?: number
  /** The instance of a method under legacy decorators, where `pool.map(foo.method, …)` alone cannot tell it. */
  self?: object
}

/** The largest chunk: all its elements are taken, and sent in one message, before the first of them runs. */
const MOST_ELEMENTS = 2 ** 20

export const mapRules: rule.Rules<MapOptions> = {
  chunkSize: { ...rule.positiveInteger, inside: rule.atMost(MOST_ELEMENTS) },
  buffer: rule.positiveInteger,
  ...callRules,
}

/** The arguments of `map` after the function. */
export interface MapArguments {
  readonly iterables: Iterables
  readonly options: MapOptions
}

/**
 * Reads the arguments of `map` after the function: its iterables and, last, its options.
 *
 * @throws {TypeError} an iterable is missing or is not one, or an option is unknown or of the wrong type;
 * {@link RangeError} an option is out of range
 */
export function readMapArguments(rest: unknown[]): MapArguments {
  const last = rest.at(-1)
  const iterables = isOptions(last) ? rest.slice(0, -1) : rest
  const options = rule.checkOptions('map()', isOptions(last) ? last : undefined, mapRules)
  return { iterables: new Iterables(checkIterables(iterables)), options }
}

/** The option `self`, if the last argument of `map` is its options. */
export function selfOf(last: unknown): unknown {
  return isIterable(last) ? undefined : (last as MapOptions | undefined)?.self
}

function isOptions(value: unknown): value is MapOptions | undefined {
  return value === undefined || (typeof value === 'object' && !isIterable(value))
}

export type AnyIterable<T> = Iterable<T> | AsyncIterable<T>
type AnyIterator = Iterator<unknown> | AsyncIterator<unknown>
type SingleStep = IteratorResult<unknown>
/** A step of one iterable has its element; a step of several has an array of their elements. */
type Step = SingleStep

/** Reads several iterables in step, one element of each at a time. The shortest one ends them all. */
export class Iterables {
  /** Number of iterables: each element of the map has as many arguments. */
  readonly width: number
  /** Number of elements, if all iterables are arrays, sets and maps. */
  readonly total: number | undefined
  readonly #iterators: readonly AnyIterator[]
  readonly #single: AnyIterator | undefined
  readonly #array: ArrayReader | undefined
  /** Iterators that have neither ended nor thrown. As with `for…of`, only these are closed. */
  readonly #open: Set<AnyIterator>

  constructor(iterables: ReadonlyArray<AnyIterable<unknown>>) {
    this.width = iterables.length
    this.total = totalOf(iterables)
    this.#iterators = iterables.map(iteratorOf)
    this.#single = this.#iterators.length === 1 ? this.#iterators[0] : undefined
    this.#array = this.#single instanceof ArrayReader ? this.#single : undefined
    this.#open = new Set(this.#iterators)
  }

  /** Takes the next elements; returns a promise only if an iterable is asynchronous. Throws, or rejects, as they do. */
  next(): Step | Promise<Step> {
    if (this.#single) return this.#step(this.#single)
    const steps: Array<SingleStep | Promise<SingleStep>> = []
    try {
      for (const iterator of this.#iterators) steps.push(this.#step(iterator))
    } catch (error) {
      for (const step of steps) if (step instanceof Promise) step.catch(() => undefined) // its outcome is not needed
      throw error
    }
    if (!steps.some((step) => step instanceof Promise)) return joined(steps as SingleStep[])
    return Promise.all(steps.map((step) => Promise.resolve(step))).then(joined)
  }

  /** Whether there is one iterable, and it is an array. */
  get isArray(): boolean {
    return this.#array !== undefined
  }

  /** Adds up to `count` elements of the array to `elements`. This is faster than {@link next}. */
  takeRun(elements: unknown[], count: number): void {
    this.#array?.take(elements, count)
  }

  #step(iterator: AnyIterator): SingleStep | Promise<SingleStep> {
    try {
      const step = iterator.next()
      if (!isPromise(step)) return this.#seen(iterator, step as SingleStep)
      return Promise.resolve(step)
        .then((each) => this.#seen(iterator, each))
        .catch((error: unknown) => this.#failed(iterator, error))
    } catch (error) {
      return this.#failed(iterator, error)
    }
  }

  #seen(iterator: AnyIterator, step: SingleStep): SingleStep {
    if (step.done) this.#open.delete(iterator)
    return step
  }

  #failed(iterator: AnyIterator, error: unknown): never {
    this.#open.delete(iterator)
    throw error
  }

  /** Closes the open iterators: generators run their `finally`. */
  close(): void {
    const open = [...this.#open]
    this.#open.clear()
    for (const iterator of open) void close(iterator).catch(() => undefined)
  }
}

function iteratorOf(iterable: AnyIterable<unknown>): AnyIterator {
  if (isPlainArray(iterable)) return new ArrayReader(iterable)
  return Symbol.iterator in Object(iterable)
    ? (iterable as Iterable<unknown>)[Symbol.iterator]()
    : (iterable as AsyncIterable<unknown>)[Symbol.asyncIterator]()
}

const arrayIterator = Object.getPrototypeOf([].values()) as { next: unknown }
const { values, next } = { values: Array.prototype.values, next: arrayIterator.next }

/** Whether the value is an array that iterates as JavaScript defines it. */
function isPlainArray(value: AnyIterable<unknown>): value is unknown[] {
  return Array.isArray(value) && value[Symbol.iterator] === values && arrayIterator.next === next
}

/** Reads an array as its iterator does, and also many elements at once. */
class ArrayReader implements Iterator<unknown> {
  #array: readonly unknown[]
  #index = 0

  constructor(array: readonly unknown[]) {
    this.#array = array
  }

  next(): SingleStep {
    if (this.#index < this.#array.length) return { done: false, value: this.#array[this.#index++] }
    this.#array = [] // it has ended, even if the array becomes longer
    return { done: true, value: undefined }
  }

  take(elements: unknown[], count: number): void {
    const array = this.#array
    for (let left = count; left > 0 && this.#index < array.length; left--) elements.push(array[this.#index++])
  }
}

async function close(iterator: AnyIterator): Promise<void> {
  await iterator.return?.()
}

/** @throws {TypeError} there is no iterable, or one of `iterables` is not iterable */
function checkIterables(iterables: readonly unknown[]): ReadonlyArray<AnyIterable<unknown>> {
  if (iterables.length === 0) throw new TypeError('Expected an iterable of elements after the function, got nothing')
  for (const iterable of iterables) {
    if (!isIterable(iterable)) throw new TypeError(`Expected an iterable of elements, got ${typeof iterable}`)
  }
  return iterables as ReadonlyArray<AnyIterable<unknown>>
}

function isIterable(value: unknown): value is AnyIterable<unknown> {
  if (typeof value === 'string') return true
  return typeof value === 'object' && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value)
}

function totalOf(iterables: ReadonlyArray<AnyIterable<unknown>>): number | undefined {
  const sizes = iterables.map(sizeOf)
  return sizes.every((size) => typeof size === 'number') ? Math.min(...sizes) : undefined
}

/**
 * Number of elements of an array, set or map, of any realm. `undefined` for others, such as a text, and for one with an
 * iterator of its own.
 */
function sizeOf(iterable: AnyIterable<unknown>): number | undefined {
  if (!isNative((iterable as Iterable<unknown>)[Symbol.iterator])) return undefined
  if (Array.isArray(iterable) || types.isTypedArray(iterable)) return iterable.length
  return types.isSet(iterable) || types.isMap(iterable) ? iterable.size : undefined
}

const isNative = (fn: unknown): boolean =>
  typeof fn === 'function' && Function.prototype.toString.call(fn).endsWith('{ [native code] }')

function joined(steps: SingleStep[]): Step {
  const done = steps.some((step) => step.done)
  return done ? { done, value: undefined } : { done: false, value: steps.map((step): unknown => step.value) }
}

const isPromise = (value: unknown): boolean => typeof (value as { then?: unknown }).then === 'function'
