/** Futures of calls that run on other machines. */
import { ProcessFuture } from '../futures/process-future'
import type { Flavour, FutureControl } from '../futures/future'
import { brand } from '../utils/brand'

/** The call of a {@link QueueFuture}. */
export interface QueueControl extends FutureControl {
  readonly id: string
  readonly machine: string | null
  readonly attempt: number
}

/** A future whose body runs in a process of a worker machine. */
export class QueueFuture<T> extends ProcessFuture<T> {
  readonly #call: QueueControl | undefined

  // eslint-disable-next-line @typescript-eslint/max-params -- as its base class
  constructor(
    executor: (resolve: (value: T | PromiseLike<T>) => void, reject: (reason?: unknown) => void) => void,
    control?: QueueControl,
    number?: number,
    serial?: number,
    flavour?: Flavour,
  ) {
    super(executor, control, number, serial, flavour)
    this.#call = control
  }

  /** The id of the call, which is also the id of its job: `pool.attach(id)` gets a future of it in another program. */
  override get id(): string {
    return this.#call?.id ?? super.id
  }

  /** The machine and the program that have, or had, the call: `db7:4711`. `null` until that is known. */
  get worker(): string | null {
    return this.#call?.machine ?? null
  }

  /** How often the call has started; 0 until that is known. More than 1 only with `retries`. */
  get attempt(): number {
    return this.#call?.attempt ?? 0
  }
}

brand(QueueFuture, 'QueueFuture')
