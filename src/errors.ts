/**
 * Every public error class.
 *
 *   Error
 *   ├── PebbleError                 code, traceback
 *   │   ├── TimeoutError            a limit passed: timeout (ms)
 *   │   ├── ProcessExpired          the worker process died: exitCode, signal, pid
 *   │   ├── ThreadExpired           the worker thread died: exitCode, threadId
 *   │   ├── PoolError               the pool cannot take, or keep, the call
 *   │   ├── SerializationError      a value that cannot cross: path
 *   │   ├── LockError               a release of what is not held
 *   │   ├── QueueEmpty              getNowait() found no item
 *   │   ├── QueueFull               putNowait() found no room
 *   │   └── NotFoundError           the worker cannot find the method or function
 *   └── AbortError (abort-controller-x)
 *       └── CancelledError          code, traceback
 */
import { AbortError } from 'abort-controller-x'

/** What caused an error: `ErrorOptions`, for whoever compiles without the library of ES2022. */
interface ErrorCause {
  readonly cause?: unknown
}

/** Base of the library's errors, all but {@link CancelledError}. */
export class PebbleError extends Error {
  /** Stable, for `switch`: `ERR_PEBBLE_…`. */
  readonly code: string = 'ERR_PEBBLE'
  /** The remote stack as text, where the error crossed a worker's boundary. */
  declare traceback?: string

  constructor(message: string, options?: ErrorCause) {
    super(message, options)
    Object.defineProperty(this, 'name', { value: new.target.name, configurable: true, writable: true })
  }
}

/** A limit passed: `timeout` of running, `queueTimeout` of waiting, or the limit of a wait. */
export class TimeoutError extends PebbleError {
  override readonly code = 'ERR_PEBBLE_TIMEOUT'
  /** The limit that passed, in ms. */
  readonly timeout: number

  constructor(message: string, timeout: number, options?: ErrorCause) {
    super(message, options)
    this.timeout = timeout
  }
}

/** The call was cancelled. `isAbortError(error)` of abort-controller-x holds, and so does `error instanceof AbortError`. */
export class CancelledError extends AbortError {
  declare readonly code: 'ERR_PEBBLE_CANCELLED'
  declare traceback?: string
  declare cause?: unknown

  constructor(message = 'The call was cancelled.', options?: ErrorCause) {
    super(message, false)
    // What AbortError constructs is no native error (inspect and structured clone treat it as a plain object): make one.
    return Reflect.construct(Error, [message, options], new.target) as this
  }

  // AbortError answers `instanceof` by name; this class means itself and what extends it.
  static override [Symbol.hasInstance](instance: unknown): boolean {
    return Object.prototype.isPrototypeOf.call(this.prototype, instance as object)
  }

  static {
    Object.setPrototypeOf(this.prototype, Error.prototype) // AbortError.prototype is no Error's
    const constant = (value: string) => ({ value, configurable: true, writable: true })
    Object.defineProperties(this.prototype, {
      name: constant('AbortError'),
      code: { ...constant('ERR_PEBBLE_CANCELLED'), enumerable: true },
    })
  }
}

/** How a worker process ended. */
export interface ProcessExit {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly pid: number | null
}

/** The worker process died while it ran the call. Pebble's `ProcessExpired`. */
export class ProcessExpired extends PebbleError {
  override readonly code = 'ERR_PEBBLE_PROCESS_EXPIRED'
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly pid: number | null

  constructor(message: string, exit: ProcessExit, options?: ErrorCause) {
    super(message, options)
    this.exitCode = exit.exitCode
    this.signal = exit.signal
    this.pid = exit.pid
  }
}

/** The worker thread died while it ran the call: it exited, or ran out of memory. */
export class ThreadExpired extends PebbleError {
  override readonly code = 'ERR_PEBBLE_THREAD_EXPIRED'
  readonly exitCode: number | null
  readonly threadId: number

  constructor(message: string, exit: { exitCode: number | null; threadId: number }, options?: ErrorCause) {
    super(message, options)
    this.exitCode = exit.exitCode
    this.threadId = exit.threadId
  }
}

/** The pool cannot take the call, or cannot keep it: closed, stopped, broken or full; `join()` on a running one. */
export class PoolError extends PebbleError {
  override readonly code = 'ERR_PEBBLE_POOL'
}

/** A value cannot cross to or from a worker. */
export class SerializationError extends PebbleError {
  override readonly code = 'ERR_PEBBLE_SERIALIZATION'
  /** Where the value stands: `args[0].socket`, `result.next`, `this.db`. */
  readonly path: string

  constructor(message: string, path: string, options?: ErrorCause) {
    super(message, options)
    this.path = path
  }
}

/** The worker could not find the method or function; the message says why, and what to do. */
export class NotFoundError extends PebbleError {
  override readonly code = 'ERR_PEBBLE_NOT_FOUND'
}

/** A lock was used wrongly: released by one that does not hold it, or made with other permits in a worker. */
export class LockError extends PebbleError {
  override readonly code = 'ERR_PEBBLE_LOCK'
}

/** `getNowait()` found no item. Python's `queue.Empty`. */
export class QueueEmpty extends PebbleError {
  override readonly code = 'ERR_PEBBLE_QUEUE_EMPTY'
}

/** `putNowait()` found no room. Python's `queue.Full`. */
export class QueueFull extends PebbleError {
  override readonly code = 'ERR_PEBBLE_QUEUE_FULL'
}
