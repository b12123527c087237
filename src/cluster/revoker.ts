/**
 * Removes cancelled calls from the queue, or stops their bodies. Tries again until the record says that the call is
 * over.
 */
import { after, clearAfter } from '../utils/after'
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
  /** Ends the waits between attempts. */
  readonly #waits = new Set<() => void>()
  #isClosed = false

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

  /** Makes no more attempts. */
  close(): void {
    this.#isClosed = true
    for (const end of [...this.#waits]) end()
  }

  /** Never rejects: an engine that does not answer is asked again. */
  async #revoke(id: string): Promise<void> {
    for (let tries = 1; tries <= MOST_TRIES && !this.#isClosed; tries++) {
      try {
        if (await this.#isOver(id)) return
        await this.#engine.control(JSON.stringify({ t: 'cancel', id } satisfies Control))
      } catch {
        // the next attempt asks again
      }
      if (!this.#isClosed) await this.#wait(tries === 1 ? AGAIN_AFTER / 4 : AGAIN_AFTER)
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearAfter(timer)
        this.#waits.delete(end)
        resolve()
      }
      const timer = after(ms, end)
      this.#waits.add(end)
    })
  }

  async #isOver(id: string): Promise<boolean> {
    if (await this.#engine.remove(id)) return true
    const [record] = await this.#engine.read([id])
    return (
      record === undefined || record.state === 'missing' || record.state === 'finished' || record.state === 'failed'
    )
  }
}
