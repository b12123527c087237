import { LRUCache } from 'lru-cache'
import { CancelledError } from '../errors'
import { Future, type FutureControl } from '../futures/future'
import { ProcessFuture } from '../futures/process-future'
import { Context } from '../utils/async-context'
import { now } from '../utils/clock'
import { memoKey } from './memo-key'

/** What is remembered of a method's results: per instance, and by the arguments. */
export interface MemoizeOptions {
  /** How many results an instance keeps; the least recently used goes first. Default: 128. */
  maxSize?: number
  /** How long a result is good for, in ms from its arrival. Default: for ever. */
  ttl?: number
  /**
   * What makes two calls the same; compared as `Map` compares its keys. Default: the arguments by value, where they are
   * primitives, plain objects, arrays, dates, maps, sets and bytes; anything else by identity.
   */
  key?: (...args: any[]) => unknown // any: the arguments of whatever method it is given for
}

/** What it takes to run a call, or to give it a future without running it. */
export interface MemoCall {
  /** What the result belongs to: the instance, or the class of a static method. */
  readonly self: object
  readonly args: unknown[]
  /** `quietly`: without callbacks, for a future that no caller sees. */
  submit(quietly: boolean): Future<unknown>
  createFuture(control: FutureControl): Future<unknown>
}

/** Anything at all, though the cache's type says less. */
type Key = NonNullable<unknown>

interface Result {
  readonly value: unknown
}

/** Up to this many results, room for all of them is made at once. */
const ALLOCATED = 1_000

/** The results of one instance. */
interface Memory {
  readonly running: Map<Key, Future<unknown>>
  readonly results: LRUCache<Key, Result>
}

/**
 * Remembers results, not failures. A call that is the same as one still running waits for that one's outcome; where
 * that one is cancelled, it runs after all.
 */
export class Memo {
  readonly #options: MemoizeOptions
  readonly #memories = new WeakMap<object, Memory>()

  constructor(options: MemoizeOptions) {
    this.#options = options
  }

  /** @throws whatever the `key` function throws */
  call(call: MemoCall, quietly = false): Future<unknown> {
    const { key } = this.#options
    const id = (key ? key(...call.args) : memoKey(call.args)) as Key
    const memory = this.#memoryOf(call.self)
    const known = memory.results.get(id)
    if (known) return remembered(call, known.value)
    const running = memory.running.get(id)
    return running && !hasFailed(running)
      ? join(call, running, () => this.call(call, true))
      : lead(call, id, memory, quietly)
  }

  #memoryOf(self: object): Memory {
    let memory = this.#memories.get(self)
    if (!memory) {
      memory = { running: new Map(), results: new LRUCache(cacheOptions(this.#options)) }
      this.#memories.set(self, memory)
    }
    return memory
  }
}

/** The cache allocates room for `max` entries when it is made; a limit of their total size, each of 1, does the same without. */
function cacheOptions({ maxSize = 128, ttl = Infinity }: MemoizeOptions): LRUCache.Options<Key, Result, unknown> {
  const limit = maxSize <= ALLOCATED ? { max: maxSize } : { maxSize, sizeCalculation: () => 1 }
  const life = ttl === Infinity ? undefined : { ttl: Math.ceil(ttl), ttlResolution: 0, perf: { now } }
  return { ...limit, ...life }
}

/** Runs the call, the first of its kind. */
function lead(call: MemoCall, id: Key, { running, results }: Memory, quietly: boolean): Future<unknown> {
  const future = call.submit(quietly)
  running.set(id, future)
  future.whenDone(() => {
    if (running.get(id) === future) running.delete(id)
    const { state, value } = future.peek()
    if (state === 'finished') results.set(id, { value })
  })
  return future
}

/** Gives the call a future of its own with the outcome of `running`: who cancels one of them does not cancel the other. */
function join(call: MemoCall, running: Future<unknown>, callAgain: () => Future<unknown>): Future<unknown> {
  const context = new Context()
  let source = running
  let forget = (): void => undefined
  const future = call.createFuture({
    cancel: () => {
      forget()
      Future.settle(future, 'cancelled', new CancelledError())
      return true
    },
    running: () => source.running(),
    get pid() {
      return source instanceof ProcessFuture ? source.pid : null
    },
  })
  const follow = (): void => {
    forget = source.whenDone(() => {
      const { state, value } = source.peek()
      if (future.done()) return
      if (state === 'finished' || state === 'failed') return Future.settle(future, state, value)
      try {
        source = context.run(callAgain) // its key anew: what is remembered belongs to the arguments as they are now
      } catch (error) {
        return Future.settle(future, 'failed', error) // the `key` function refuses what they have become
      }
      source.markHandled()
      follow()
    })
  }
  follow()
  return future
}

function remembered(call: MemoCall, value: unknown): Future<unknown> {
  const future = call.createFuture({ cancel: () => false, running: () => false, pid: null })
  Future.settle(future, 'finished', value)
  return future
}

function hasFailed(future: Future<unknown>): boolean {
  return future.done() && future.peek().state !== 'finished'
}
