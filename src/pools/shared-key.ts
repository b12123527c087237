import type { ProcessContext } from '../channel/channel'

/**
 * Names the shared pool of a kind and a context: equal contexts have equal keys. The order of properties does not
 * matter, that of `execArgv` does. `undefined` counts, because in `env` it removes a variable; `JSON.stringify` alone
 * would leave it out.
 */
export function sharedKey(kind: 'thread' | 'process', context: ProcessContext | undefined): string {
  return context ? `${kind} ${canonical(context)}` : kind
}

/** The context as it is now: workers that start later must not see what its owner changes in it. */
export function snapshotOf({ execArgv, env, resourceLimits, ...rest }: ProcessContext): ProcessContext {
  return {
    ...rest,
    ...(execArgv && { execArgv: [...execArgv] }),
    ...(env && { env: { ...env } }),
    ...(resourceLimits && { resourceLimits: { ...resourceLimits } }),
  }
}

function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined'
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([name, each]) => `${JSON.stringify(name)}:${canonical(each)}`).join()}}`
}
