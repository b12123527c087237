/**
 * Removes cancelled calls from the queue, or stops their bodies. Tries again until the record says that the call is
 * over.
 */
import { after, clearAfter } from '../utils/after'
import { monotonic } from '../utils/clock'
import { atMost } from './at-most'
import { isConnectionError } from './connection'
import type { CallerEngine } from './engine'
import type { Hold } from './hold'
import type { Control } from './replies'

/** The time between two attempts, in ms. */
const AGAIN_AFTER = 1000
/**
 * How often the engine may answer that the call is not over. After that, the limits of the call or the lease of its worker
 * end the call.
 */
const MOST_ANSWERS = 30
/** How long a revocation keeps the program alive, in ms: the engine may be down. */
const HOLD_FOR = 30_000

export class Revoker {
  readonly #engine: CallerEngine
  readonly #hold: Hold
  /** The revocations and removals that are not done, by the ids of their calls. */
  readonly #open = new Map<string, Promise<void>>()
  /** Those of them whose calls were cancelled meanwhile. */
  readonly #again = new Set<string>()
  /** Ends the waits between attempts. */
  readonly #waits = new Set<() => void>()
  #answeredAt = -Infinity
  #isClosed = false

  constructor(engine: CallerEngine, hold: Hold) {
    this.#engine = engine
    this.#hold = hold
  }

  revoke(id: string): void {
    if (this.#open.has(id)) this.#again.add(id)
    else this.#open.set(id, this.#held(id))
  }

  isRevoking(id: string): boolean {
    return this.#open.has(id)
  }

  /** Removes a job in another way. Nothing is done if it is being revoked already. */
  async remove(id: string, removal: () => Promise<boolean>): Promise<boolean> {
    if (this.#open.has(id)) return false
    const removing = removal()
    const over = (): void => {
      this.#open.delete(id)
      if (this.#again.delete(id)) this.revoke(id)
    }
    this.#open.set(id, removing.then(over, over))
    return await removing
  }

  /**
   * Resolves when no revocation of the id is open: a job that is added, or tried again, earlier would be removed.
   *
   * @param limit how long the engine may be silent, in ms
   * @returns whether the revocation is done
   */
  async whenRevoked(id: string, limit: number): Promise<boolean> {
    for (const since = monotonic(); ;) {
      const done = this.#open.get(id)
      if (done === undefined) return true
      const left = limit - (monotonic() - Math.max(since, this.#answeredAt))
      if (left < 1) return false
      await atMost(left, done)
    }
  }

  /** Resolves when all revocations are done, or when none is done within `limit` ms. */
  async whenDone(limit: number): Promise<void> {
    for (let before = Infinity; this.#open.size > 0 && this.#open.size < before;) {
      before = this.#open.size
      await atMost(limit, Promise.all(this.#open.values()))
    }
  }

  /** Makes no more attempts. */
  close(): void {
    this.#isClosed = true
    for (const end of [...this.#waits]) end()
  }

  async #held(id: string): Promise<void> {
    let isHeld = true
    const release = (): void => {
      if (isHeld) this.#hold.release()
      isHeld = false
    }
    this.#hold.take()
    const timer = after(HOLD_FOR, release).unref()
    await this.#revoke(id)
    clearAfter(timer)
    release()
    this.#open.delete(id)
    this.#again.delete(id)
  }

  /** Never rejects: an engine that does not answer is asked again. */
  async #revoke(id: string): Promise<void> {
    for (let tries = 1, answers = 0; answers < MOST_ANSWERS && !this.#isClosed; tries++) {
      try {
        const isOver = await this.#isOver(id)
        answers = this.#answered(answers)
        if (isOver) return
        await this.#engine.control(JSON.stringify({ t: 'cancel', id } satisfies Control))
      } catch (error) {
        if (!isConnectionError(error)) answers = this.#answered(answers) // it refuses: a call of a repetition
      }
      if (!this.#isClosed) await this.#wait(tries === 1 ? AGAIN_AFTER / 4 : AGAIN_AFTER)
    }
  }

  #answered(answers: number): number {
    this.#answeredAt = monotonic()
    return answers + 1
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearAfter(timer)
        this.#waits.delete(end)
        resolve()
      }
      const timer = after(ms, end).unref()
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
