/**
 * Gives a pool the calls of one turn of the event loop together. One answer of the engine may bring several jobs, and
 * each passes through promises of its own. Given one by one, each would cost a message to a process of the pool, and
 * wake it.
 */
import type { Call } from '../dispatch/call'
import type { Pool } from '../pools/pool'
import { runOutside } from '../utils/async-context'
import { nextTick } from '../utils/clock'

interface Start {
  readonly call: Call
  /** Whether the call was stopped before the pool had it. */
  readonly isStopped: () => boolean
}

export class Starts {
  readonly #pool: Pick<Pool, 'dispatcher'>
  #pending: Start[] = []

  constructor(pool: Pick<Pool, 'dispatcher'>) {
    this.#pool = pool
  }

  push(start: Start): void {
    this.#pending.push(start)
    if (this.#pending.length === 1) nextTick(() => runOutside(this.#submit, this))
  }

  #submit(): void {
    const starts = this.#pending
    this.#pending = []
    for (const { call, isStopped } of starts) {
      this.#pool.dispatcher.submit(call)
      if (isStopped()) call.cancel()
    }
  }
}
