import type { Crew } from './crew'
import type { Member, Refused } from './member'

/** Turns of the microtask queue that a batch waits for more: an `await` of a future takes three. */
const GATHER = 4

/** Sends what members were assigned: at once to an idle worker; where it is busy anyway, gathered for a moment. */
export class Batches {
  readonly #crew: Crew
  readonly #passed: (member: Member, refused: readonly Refused[]) => void
  #gathering = false

  /** `passed` is told where some of a batch did not go: taken back before, or refused by the runtime. */
  constructor(crew: Crew, passed: (member: Member, refused: readonly Refused[]) => void) {
    this.#crew = crew
    this.#passed = passed
  }

  send(member: Member): void {
    if (member.unsent === 0) return
    const refused = member.flush()
    if (refused.length > 0 || member.inFlight === 0) this.#passed(member, refused)
  }

  sendSoon(): void {
    if (this.#gathering) return
    this.#gathering = true
    let turns = GATHER
    const turn = (): void => {
      turns -= 1
      if (turns > 0) void Promise.resolve().then(turn)
      else this.#sendAll()
    }
    void Promise.resolve().then(turn)
  }

  #sendAll(): void {
    this.#gathering = false
    for (const member of this.#crew.all()) this.send(member)
  }
}
