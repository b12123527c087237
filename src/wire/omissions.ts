/** The parts of one error that were left out, so that the error can name them. */
import { formatPath, type Step } from './path'

/** More would say no more. */
const NAMED = 20

export class Omissions {
  readonly #depth: number
  readonly #paths = new Set<string>()
  #more = 0

  /** @param depth how many steps lead to the error */
  constructor(depth: number) {
    this.#depth = depth
  }

  add(steps: readonly Step[]): void {
    if (this.#paths.size < NAMED) this.#paths.add(formatPath('', steps.slice(this.#depth)).replace(/^\./, ''))
    else this.#more += 1
  }

  /** From the error: `rows[3].done`; `undefined` where nothing was left out. */
  paths(): string[] | undefined {
    if (this.#paths.size === 0) return undefined
    return this.#more === 0 ? [...this.#paths] : [...this.#paths, `… ${this.#more} more`]
  }
}
