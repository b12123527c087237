/** Describes anything that was thrown. None of these functions throws, even if a getter or trap of the value does. */
import { inspect, types } from 'node:util'

/** The stack of an error. */
export const detailOf = (thrown: unknown): string => textOf(thrown, (error) => error.stack ?? error.message)

/** The message of an error, without its name. */
export const messageOf = (thrown: unknown): string => textOf(thrown, (error) => error.message)

/** One line: name and message of an error. */
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
    return summary(thrown) // other properties may be readable
  }
}

/** Whether it is an error, of this realm or another. Throws if it is a proxy whose trap throws. */
function isError(thrown: unknown): thrown is Error {
  return types.isNativeError(thrown) || thrown instanceof Error
}
