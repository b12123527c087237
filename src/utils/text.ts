/** Words about anything that was thrown. The thing's own code may run for them, and may throw: none of these does. */
import { inspect, types } from 'node:util'

/** At length: the stack of an error. */
export const detailOf = (thrown: unknown): string => textOf(thrown, (error) => error.stack ?? error.message)

/** What an error says, without its name. */
export const messageOf = (thrown: unknown): string => textOf(thrown, (error) => error.message)

/** One line. */
export function summary(thrown: unknown): string {
  try {
    if (isError(thrown)) return `${thrown.name}: ${thrown.message}`
    return inspect(thrown, { depth: 0, breakLength: Infinity, maxStringLength: 200, showProxy: true })
  } catch {
    return 'something that cannot be shown'
  }
}

function textOf(thrown: unknown, ofError: (error: Error) => unknown): string {
  if (typeof thrown === 'string') return thrown
  try {
    if (!isError(thrown)) return summary(thrown)
    const text = ofError(thrown)
    return typeof text === 'string' ? text : summary(text)
  } catch {
    return summary(thrown) // another of its parts may be readable
  }
}

/** Of this realm or another; throws for a proxy that does. */
function isError(thrown: unknown): thrown is Error {
  return types.isNativeError(thrown) || thrown instanceof Error
}
