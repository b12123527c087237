/** One step into a value: a property key, an index, or text that is no key (`.get("a")`, `.values()[0]`). */
export type Step = string | number | { readonly text: string }

/** Writes steps as one would in code: `args[0].options["log-level"].keys()[2]`. */
export function formatPath(root: string, steps: readonly Step[]): string {
  return root + steps.map(formatStep).join('')
}

function formatStep(step: Step): string {
  if (typeof step === 'object') return step.text
  if (typeof step === 'number') return `[${step}]`
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`
}
