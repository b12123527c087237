import { brand } from '../utils/brand'
import { Future, type FutureControl, type Flavour } from './future'

/** A future whose body runs in a worker process. Pebble's `ProcessFuture`. */
export class ProcessFuture<T> extends Future<T> {
  /** A future that is done. A body that is declared to return `ProcessFuture<T>` returns its result this way. */
  static override resolve(): ProcessFuture<void>
  static override resolve<T>(value: T | PromiseLike<T>): ProcessFuture<Awaited<T>>
  static override resolve<T>(value?: T | PromiseLike<T>): ProcessFuture<Awaited<T | void>> {
    return super.resolve(value) as ProcessFuture<Awaited<T | void>>
  }

  readonly #control: FutureControl | undefined

  // eslint-disable-next-line @typescript-eslint/max-params -- an object per call would cost time on the hot path
  constructor(
    executor: (resolve: (value: T | PromiseLike<T>) => void, reject: (reason?: unknown) => void) => void,
    control?: FutureControl,
    number?: number,
    serial?: number,
    flavour?: Flavour,
  ) {
    super(executor, control, number, serial, flavour)
    this.#control = control
  }

  /** The process id of the worker that runs, or ran, the body; `null` until the call is sent to a worker. */
  get pid(): number | null {
    return this.#control?.pid ?? null
  }
}

brand(ProcessFuture, 'ProcessFuture')
