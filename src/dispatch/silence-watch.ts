import { after, type Timer } from '../utils/after'
import type { Crew } from './crew'
import { ImportWatch } from './import-watch'
import type { Member } from './member'

/** Between two looks, in ms: how long a worker that runs nothing may let a call lie. */
const PATIENCE = 1_000

/**
 * A worker may be in a loop though no body runs there: something that a body left behind never gives way. Its calls
 * would lie there for ever. This finds the workers that have calls, have begun none of them, and say nothing, at two
 * looks in a row. A call that was found so waits twice as long the next time: it may be one that takes long to arrive.
 */
export class SilenceWatch {
  readonly #crew: Crew
  /** A worker that imports a module is not silent, but may never come to an end with that. */
  readonly #imports: ImportWatch
  readonly #replace: (member: Member) => void
  /** What the last look found: outcomes so far, and how many looks in a row. */
  readonly #silent = new Map<Member, { readonly outcomes: number; readonly looks: number }>()
  #timer: Timer | undefined

  constructor(crew: Crew, replace: (member: Member) => void) {
    this.#crew = crew
    this.#imports = new ImportWatch(crew)
    this.#replace = replace
  }

  watch(): void {
    this.#imports.watch()
    if (this.#timer || !this.#crew.all().some(hasCalls)) return
    this.#timer = after(PATIENCE, () => this.#look()).unref()
  }

  #look(): void {
    this.#timer = undefined
    for (const member of this.#crew.all()) {
      const before = this.#silent.get(member)
      this.#silent.delete(member)
      if (!isSilent(member)) continue
      const looks = before?.outcomes === member.outcomes ? before.looks + 1 : 0
      if (looks >= patienceOf(member)) this.#replace(member)
      else this.#silent.set(member, { outcomes: member.outcomes, looks })
    }
    this.watch()
  }
}

const hasCalls = (member: Member): boolean => member.alive && !member.ending && member.inFlight > 0

function isSilent(member: Member): boolean {
  if (!hasCalls(member)) return false
  member.drain()
  return !member.calls().some((call) => member.hasStarted(call) || member.isLoading(call))
}

const patienceOf = (member: Member): number => Math.max(1, ...member.calls().map((call) => 2 ** call.silences))
