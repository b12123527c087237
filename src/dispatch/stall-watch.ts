import { after, clearAfter, type Timer } from '../utils/after'
import type { Crew } from './crew'
import type { Member } from './member'

/** How long a worker may go without an outcome while others wait in its pipe, in ms. */
const PATIENCE = 5

/**
 * A call that takes longer than its kind used to holds up those that were sent after it. This takes them back: one look
 * every few ms, only while some worker has more than one call.
 */
export class StallWatch {
  readonly #crew: Crew
  readonly #takeBack: (member: Member) => void
  readonly #seen = new WeakMap<Member, number>()
  #timer: Timer | undefined

  constructor(crew: Crew, takeBack: (member: Member) => void) {
    this.#crew = crew
    this.#takeBack = takeBack
  }

  watch(): void {
    if (this.#timer || !this.#crew.all().some((member) => member.inFlight > 1)) return
    this.#timer = after(PATIENCE, () => this.#look()).unref()
  }

  #look(): void {
    clearAfter(this.#timer)
    this.#timer = undefined
    for (const member of this.#crew.all()) {
      if (member.inFlight < 2) continue
      if (this.#isStalled(member)) member.drain() // it may be this thread that is behind
      if (this.#isStalled(member)) {
        member.stalledAt = member.outcomes
        this.#takeBack(member)
      }
      this.#seen.set(member, member.outcomes)
    }
    this.watch()
  }

  #isStalled(member: Member): boolean {
    return this.#seen.get(member) === member.outcomes
  }
}
