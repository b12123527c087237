import { after, clearAfter, type Timer } from '../utils/after'
import type { Crew } from './crew'

/** Has the pool look for a worker again after a pause, where the machine lacked what a start needs. */
export class StartRetry {
  readonly #crew: Crew
  readonly #pump: () => void
  #timer: Timer | undefined

  constructor(crew: Crew, pump: () => void) {
    this.#crew = crew
    this.#pump = pump
  }

  /** Calls wait. They keep the program alive until the next attempt. */
  watch(): void {
    const { pause } = this.#crew.starts
    if (pause === 0) return
    this.#timer ??= after(pause, () => {
      this.#timer = undefined
      this.#pump()
    })
  }

  /** Whether calls have waited long enough, and no other worker will serve them. Calls that come later wait anew. */
  isHopeless(): boolean {
    const { members, starts } = this.#crew
    if (!starts.hopeless || members.some((member) => member.alive)) return false
    starts.forget()
    return true
  }

  end(): void {
    clearAfter(this.#timer)
  }
}
