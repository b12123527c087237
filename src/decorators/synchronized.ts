/**
 * `@synchronized`, which may stand above or below `@thread` and `@process`:
 *
 *   @synchronized @thread   the caller waits for the lock, calls, and holds the lock until the call has settled
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
import { copyOwn } from './copy-own'
import { holdDuringCall, holdDuringStream } from './hold-lock'
import { shareCallbacks } from './method-callbacks'
import { decorateMethod, isDecoration, type DecoratedMember, type MethodDecorator } from './method-decorator'
import { ensureMethod, isAsyncGenerator } from './refusals'
import type { SynchronizedDecorator } from './synchronized-types'

const defaultLock = new Lock(undefined, {
  key: 'Lock of @synchronized',
  permits: 1,
  label: 'the lock of all `@synchronized` methods',
})

/**
 * Lets only one call run at a time, of all methods with the same lock: in the main thread, in every worker thread and
 * in every worker process. All methods decorated without a lock share one. Calls run in the order in which they are
 * made. The method returns a promise. The lock of a worker that dies is released. Pebble's `synchronized`.
 *
 * Use it bare, called, or with a `Lock`, `RLock` or `Semaphore`; on instance and static methods, on async generators
 * (they hold the lock until they are done), on `#private` methods (stage 3), or as a wrapper of functions. Above
 * `@thread` or `@process`, the caller waits, and the limits of the call start after that. Below, the worker waits.
 *
 * Unlike an `RLock`, the default lock cannot be taken twice by one chain of calls: a synchronized method that calls
 * another one waits for itself and never resolves. A process warning says so.
 *
 * @throws {TypeError} at decoration: the argument is not a lock; a getter, setter, field, class or generator
 * @example
 * class Log {
 *   @process
 *   @synchronized(lock)
 *   async append(line: string): Promise<void> { … }
 * }
 */
export const synchronized = Object.defineProperties(synchronize, {
  name: { value: 'synchronized' },
  lock: { value: defaultLock, enumerable: true },
}) as unknown as SynchronizedDecorator

function synchronize(...args: unknown[]): unknown {
  if (isDecoration(args)) return decorateMethod(args, new Synchronized(defaultLock, synchronize))
  const [first, second] = args
  if (typeof first === 'function') return new Synchronized(lockOf(second), synchronize).wrapFunction(first)
  return configured(lockOf(first))
}

/** The decorator with its lock; it may decorate any number of methods. */
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
  if (value === undefined) return defaultLock
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
  #location: CodeLocation | undefined

  /** @param below - the module of the method is searched for in the stack frames below this function */
  constructor(lock: BaseLock, below: Function) {
    this.#lock = lock
    this.#below = below
  }

  wrap({ name, holder, original, owner }: DecoratedMember): Function {
    const wrapper = this.#createWrapper(original, name)
    this.#registerWrapper(original, { name, holder, wrapper, owner })
    return wrapper
  }

  ownerFound(owner: object): boolean {
    if (this.#registration) this.#registration.owner = owner
    return true
  }

  wrapFunction(original: Function): Function {
    ensureMethod(this.name, original)
    const wrapper = this.#createWrapper(original, original.name)
    this.#registerWrapper(original, { name: original.name, holder: 'function', wrapper })
    copyOwn(original, wrapper)
    return wrapper
  }

  /** If the original can be scheduled on a pool, so can the wrapper. The worker then takes the lock. */
  #registerWrapper(original: Function, method: Omit<Definition, 'original' | 'below'>): void {
    const wrapped = registrationOf(original)
    if (!wrapped) return
    const body = this.#createWrapper(wrapped.original, method.name)
    this.#registration = register({ ...method, original: body, below: this.#below })
    shareCallbacks(wrapped, this.#registration)
  }

  #createWrapper(original: Function, name: PropertyKey): Function {
    this.#location ??= locationOf(name, this.#below)
    const hold = returnsStream(original) ? holdDuringStream : holdDuringCall
    const wrapper = hold(this.#lock, original, this.#location)
    registerWrapper(wrapper, original)
    return wrapper
  }
}

/** For the warning about a deadlock: `` `append` of log.ts ``. */
function locationOf(name: PropertyKey, below: Function): CodeLocation {
  const { module } = callingModule(below)
  return { text: labelOf({ module, member: encodeMember(name), className: '' }) }
}

/** Looks below a wrapper of `@thread`, which is an ordinary function either way. */
function returnsStream(original: Function): boolean {
  return isAsyncGenerator(original) || isAsyncGenerator(registrationOf(original)?.original ?? original)
}
