import type { Crew } from './crew'
import type { Member } from './member'
import type { Call } from './call'

/** Turns of the microtask queue that a batch waits for more: an `await` of a future takes three. */
const GATHER = 4

/** Sends what members were assigned: at once to an idle worker; where it is busy anyway, gathered for a moment. */
export class Batches {
  readonly #crew: Crew
  readonly #refuse: (call: Call, error: unknown) => void
  #gathering = false

  /** `refuse` gets a call whose payload the runtime cannot clone. */
  constructor(crew: Crew, refuse: (call: Call, error: unknown) => void) {
    this.#crew = crew
    this.#refuse = refuse
  }

  send(member: Member): void {
    if (member.unsent > 0) member.flush(this.#refuse)
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
