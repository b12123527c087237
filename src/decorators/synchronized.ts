/**
 * `@synchronized`: on either side of `@thread` and `@process`.
 *
 *   @synchronized @thread   the caller waits for the lock, calls, and holds it until the call has settled
 *   @thread @synchronized   the worker waits for the lock, and holds it while the body runs
 */
import { callingModule } from '../registry/calling-module'
import { encodeMember, labelOf } from '../registry/keys'
import { register, registrationOf, type Definition, type Registration } from '../registry/registrations'
import { registerWrapper } from '../registry/wrappers'
import { TAKE_LOCK, type BaseLock } from '../sync/base-lock'
import { Lock } from '../sync/locks'
import type { CodeLocation } from '../sync/code-location'
import { show } from '../utils/options'
import { shareSlot } from './callbacks'
import { copyOwn } from './copy-own'
import { decorateMethod, isDecoration, type DecoratedMember, type MethodDecorator } from './method-decorator'
import { ensureMethod, isAsyncGenerator } from './refusals'
import type { SynchronizedDecorator } from './synchronized-types'
import { holdDuringCall, holdDuringStream } from './hold-lock'

const everybody = new Lock(undefined, {
  key: 'Lock of @synchronized',
  permits: 1,
  label: 'the lock of all `@synchronized` methods',
})

/**
 * Lets one call at a time run: of all methods decorated without a lock, which share one, or of those with the same lock;
 * in the main thread, in every worker thread and worker process alike. The method returns a promise. First come, first
 * served. A lock held by a worker that dies is released. Pebble's `synchronized`.
 *
 * Bare, called, or with a `Lock`, an `RLock` or a `Semaphore`; for instance and static methods, async generators (which
 * hold the lock until they are done), `#private` methods (stage 3), and as a function wrapper. Above `@thread` or
 * `@process` the caller waits, and limits count from the call after that; below, the worker waits.
 *
 * Unlike an `RLock`, the lock without argument must not be taken twice by one chain of calls: a synchronized method that
 * calls another waits for itself for ever, and a warning says so.
 *
 * @throws {TypeError} at decoration: for what is no lock; on a getter, setter, field, class or generator
 * @example
 * class Log {
 *   @process
 *   @synchronized(lock)
 *   async append(line: string): Promise<void> { … }
 * }
 */
export const synchronized = Object.defineProperties(synchronize, {
  name: { value: 'synchronized' },
  lock: { value: everybody, enumerable: true },
}) as unknown as SynchronizedDecorator

function synchronize(...args: unknown[]): unknown {
  if (isDecoration(args)) return decorateMethod(args, new Synchronized(everybody, synchronize))
  const [first, second] = args
  if (typeof first === 'function') return new Synchronized(lockOf(second), synchronize).wrapFunction(first)
  return configured(lockOf(first))
}

/** The decorator with its lock, for any number of methods. */
function configured(lock: BaseLock): Function {
  const decorator = (...args: unknown[]): unknown => {
    const synchronized = new Synchronized(lock, decorator)
    if (isDecoration(args)) return decorateMethod(args, synchronized)
    const [fn] = args
    if (typeof fn === 'function') return synchronized.wrapFunction(fn)
    throw new TypeError(`Expected @synchronized to be put on a method or given a function, got ${show(fn)}`)
  }
  return decorator
}

function lockOf(value: unknown): BaseLock {
  if (value === undefined) return everybody
  if (typeof value === 'object' && value !== null && TAKE_LOCK in value) return value as BaseLock
  throw new TypeError(`Expected @synchronized to be given a Lock, an RLock or a Semaphore, got ${show(value)}`)
}

/** One synchronized method, or function. */
class Synchronized implements MethodDecorator {
  readonly name = '@synchronized'
  readonly takesPrivate = true
  readonly #lock: BaseLock
  readonly #below: Function
  #registration: Registration | undefined
  #place: CodeLocation | undefined

  /** @param below - the module of the method is looked for in the frames under this function */
  constructor(lock: BaseLock, below: Function) {
    this.#lock = lock
    this.#below = below
  }

  wrap({ name, holder, original, owner }: DecoratedMember): Function {
    const wrapper = this.#over(original, name)
    this.#registerOver(original, { name, holder, wrapper, owner })
    return wrapper
  }

  found(owner: object): boolean {
    if (this.#registration) this.#registration.owner = owner
    return true
  }

  wrapFunction(original: Function): Function {
    ensureMethod(this.name, original)
    const wrapper = this.#over(original, original.name)
    this.#registerOver(original, { name: original.name, holder: 'function', wrapper })
    copyOwn(original, wrapper)
    return wrapper
  }

  /** Over what a pool can run, it can be scheduled as well: there the worker takes the lock. */
  #registerOver(original: Function, method: Omit<Definition, 'original' | 'below'>): void {
    const under = registrationOf(original)
    if (!under) return
    const body = this.#over(under.original, method.name)
    this.#registration = register({ ...method, original: body, below: this.#below })
    shareSlot(under, this.#registration)
  }

  #over(original: Function, name: PropertyKey): Function {
    this.#place ??= placeOf(name, this.#below)
    const wrapper = (streams(original) ? holdDuringStream : holdDuringCall)(this.#lock, original, this.#place)
    registerWrapper(wrapper, original)
    return wrapper
  }
}

/** For the warning of a deadlock: `` `append` of log.ts ``. */
function placeOf(name: PropertyKey, below: Function): CodeLocation {
  const { module } = callingModule(below)
  return { text: labelOf({ module, member: encodeMember(name), className: '' }) }
}

/** A wrapper of `@thread` does not show by itself what it gives. */
function streams(original: Function): boolean {
  return isAsyncGenerator(original) || isAsyncGenerator(registrationOf(original)?.original ?? original)
}
