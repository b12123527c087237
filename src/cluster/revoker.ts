/** Removes cancelled calls from the queue, or stops their bodies. Tries again until the record says that the call is over. */
import { after } from '../utils/after'
import type { CallerEngine } from './engine'
import type { Hold } from './hold'
import type { Control } from './replies'

/** The time between two attempts, in ms. */
const AGAIN_AFTER = 1000
/** How many attempts it makes. After that, the limits of the call or the lease of its worker end the call. */
const MOST_TRIES = 30

export class Revoker {
  readonly #engine: CallerEngine
  readonly #hold: Hold
  readonly #open = new Set<Promise<void>>()

  constructor(engine: CallerEngine, hold: Hold) {
    this.#engine = engine
    this.#hold = hold
  }

  revoke(id: string): void {
    const done = this.#hold.during(() => this.#revoke(id)).finally(() => this.#open.delete(done))
    this.#open.add(done)
  }

  async whenDone(): Promise<void> {
    await Promise.all(this.#open)
  }

  /** Never rejects: an engine that does not answer is asked again. */
  async #revoke(id: string): Promise<void> {
    for (let tries = 1; tries <= MOST_TRIES; tries++) {
      try {
        if (await this.#isOver(id)) return
        await this.#engine.control(JSON.stringify({ t: 'cancel', id } satisfies Control))
      } catch {
        // asked again
      }
      await new Promise<void>((resolve) => after(tries === 1 ? AGAIN_AFTER / 4 : AGAIN_AFTER, resolve))
    }
  }

  async #isOver(id: string): Promise<boolean> {
    if (await this.#engine.remove(id)) return true
    const [record] = await this.#engine.read([id])
    return (
      record === undefined || record.state === 'missing' || record.state === 'finished' || record.state === 'failed'
    )
  }
}
