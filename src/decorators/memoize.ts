import type { LRUCache } from 'lru-cache'
import { CancelledError } from '../errors'
import { lruCache } from '../utils/lazy'
import { Future, type FutureControl } from '../futures/future'
import { ProcessFuture } from '../futures/process-future'
import { Context } from '../utils/async-context'
import { monotonic } from '../utils/clock'
import { memoKey } from './memo-key'

/** How the results of a method are remembered: per instance, and by the arguments. */
export interface MemoizeOptions {
  /** The number of results that an instance keeps; the least recently used is dropped first. Default: 128. */
  maxSize?: number
  /** How long a result is valid after it arrived, in ms. Default: no limit. */
  ttl?: number
  /**
   * Returns the key of a call; calls with the same key share a result. Keys are compared as `Map` compares them.
   * Default: primitives, plain objects, arrays, dates, maps, sets and bytes are compared by value, anything else by
   * identity.
   */
  key?: (...args: any[]) => unknown // any: the arguments of any method
}

/** A call that can be run, or can be given a future without being run. */
export interface MemoCall {
  /** The object that the result belongs to: the instance, or the class of a static method. */
  readonly self: object
  readonly args: unknown[]
  /** @param quietly without callbacks, for a future that no caller sees */
  submit(quietly: boolean): Future<unknown>
  createFuture(control: FutureControl): Future<unknown>
}

/** Any value, `undefined` included; the type of the cache does not allow for that. */
type Key = NonNullable<unknown>

interface Result {
  readonly value: unknown
}

/** Caches of up to this many results are allocated in full at once. */
const ALLOCATED = 1_000

/** The results of one instance, and its calls that are still running. */
interface Memory {
  readonly running: Map<Key, Future<unknown>>
  readonly results: LRUCache<Key, Result>
}

/**
 * Remembers results, not failures. A call with the key of a running call waits for that call's outcome, and runs itself
 * if that call is cancelled.
 */
export class Memo {
  readonly #options: MemoizeOptions
  readonly #memories = new WeakMap<object, Memory>()

  constructor(options: MemoizeOptions) {
    this.#options = options
  }

  /** @throws what the `key` function throws */
  call(call: MemoCall, quietly = false): Future<unknown> {
    const { key } = this.#options
    const id = (key ? key(...call.args) : memoKey(call.args)) as Key
    const memory = this.#memoryOf(call.self)
    const known = memory.results.get(id)
    if (known) return finishedFuture(call, known.value)
    const running = memory.running.get(id)
    return running && !hasFailed(running)
      ? follow(call, running, () => this.call(call, true))
      : runCall(call, id, memory, quietly)
  }

  #memoryOf(self: object): Memory {
    let memory = this.#memories.get(self)
    if (!memory) {
      memory = { running: new Map(), results: new (lruCache().LRUCache)(cacheOptions(this.#options)) }
      this.#memories.set(self, memory)
    }
    return memory
  }
}

/**
 * With `max`, lru-cache allocates all entries at once. A total size, at 1 per entry, is the same limit without that.
 */
function cacheOptions({ maxSize = 128, ttl = Infinity }: MemoizeOptions): LRUCache.Options<Key, Result, unknown> {
  const limit = maxSize <= ALLOCATED ? { max: maxSize } : { maxSize, sizeCalculation: () => 1 }
  const life = ttl === Infinity ? undefined : { ttl: Math.ceil(ttl), ttlResolution: 0, perf: { now: monotonic } }
  return { ...limit, ...life }
}

function runCall(call: MemoCall, id: Key, { running, results }: Memory, quietly: boolean): Future<unknown> {
  const future = call.submit(quietly)
  running.set(id, future)
  future.whenDone(() => {
    if (running.get(id) === future) running.delete(id)
    const { state, value } = future.peek()
    if (state === 'finished') results.set(id, { value })
  })
  return future
}

/** Gives the call a future of its own with the outcome of `running`. So cancelling one does not cancel the other. */
function follow(call: MemoCall, running: Future<unknown>, callAgain: () => Future<unknown>): Future<unknown> {
  const context = new Context()
  let source = running
  let unsubscribe = (): void => undefined
  const future = call.createFuture({
    cancel: () => {
      unsubscribe()
      Future.settle(future, 'cancelled', new CancelledError())
      return true
    },
    running: () => source.running(),
    get pid() {
      return source instanceof ProcessFuture ? source.pid : null
    },
  })
  const subscribe = (): void => {
    unsubscribe = source.whenDone(() => {
      const { state, value } = source.peek()
      if (future.done()) return
      if (state === 'finished' || state === 'failed') return Future.settle(future, state, value)
      try {
        source = context.run(callAgain) // computes the key again: the arguments may have been changed meanwhile
      } catch (error) {
        return Future.settle(future, 'failed', error) // the `key` function has thrown
      }
      source.markHandled()
      subscribe()
    })
  }
  subscribe()
  return future
}

function finishedFuture(call: MemoCall, value: unknown): Future<unknown> {
  const future = call.createFuture({ cancel: () => false, running: () => false, pid: null })
  Future.settle(future, 'finished', value)
  return future
}

function hasFailed(future: Future<unknown>): boolean {
  return future.done() && future.peek().state !== 'finished'
}
