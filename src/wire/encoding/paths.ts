/** Paths into a value: to what cannot be sent, and to what was left out of an error. */

/** One step into a value: a property key, an index, or text that is not a key (`.get("a")`, `.values()[0]`). */
export type Step = string | number | { readonly text: string }

/** Writes steps as code would: `args[0].options["log-level"].keys()[2]`. */
export function formatPath(root: string, steps: readonly Step[]): string {
  return root + steps.map(formatStep).join('')
}

/** The same without a root: `options["log-level"]`. */
export function formatInnerPath(steps: readonly Step[]): string {
  return formatPath('', steps).replace(/^\./, '')
}

function formatStep(step: Step): string {
  if (typeof step === 'object') return step.text
  if (typeof step === 'number') return `[${step}]`
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`
}

/** How many paths an error names; the others are counted. */
const MAX_NAMED = 20

/** The parts of one error that were left out. */
export class Omissions {
  readonly #depth: number
  readonly #paths = new Set<string>()
  #unnamed = 0

  /** @param depth how many steps lead to the error */
  constructor(depth: number) {
    this.#depth = depth
  }

  add(steps: readonly Step[]): void {
    if (this.#paths.size < MAX_NAMED) this.#paths.add(formatInnerPath(steps.slice(this.#depth)))
    else this.#unnamed += 1
  }

  /** The paths, relative to the error (`rows[3].done`), or `undefined` if nothing was left out. */
  paths(): string[] | undefined {
    if (this.#paths.size === 0) return undefined
    return this.#unnamed === 0 ? [...this.#paths] : [...this.#paths, `… ${this.#unnamed} more`]
  }
}
