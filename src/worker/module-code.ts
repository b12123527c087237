/** Explains errors of module code: a worker imports the module of a method, and the module's code runs there too. */
import { types } from 'node:util'
import { fileText } from '../registry/keys'
import type { ModuleCode } from '../registry/current-task'

export const GUARD =
  'Guard what a module starts by `if (!isWorker())`, with `isWorker` of pebble-ts, or move the method to a file of its own.'

/** Errors that already have the explanation: a module may throw the same error repeatedly. */
const explained = new WeakSet<object>()

/** If module code caused the error, for example a server or an interval, adds where it comes from and what to do. */
export function explainModuleCode(error: unknown, code: ModuleCode | undefined): unknown {
  if (!code || !types.isNativeError(error) || explained.has(error)) return error
  explained.add(error)
  try {
    const { message, stack } = error
    const explanation = `${message.replace(/\.$/, '')}. This comes from module code of ${fileText(code.url)}, which the worker imports for ${code.wantedBy}. ${GUARD}`
    error.message = explanation
    if (typeof stack === 'string') error.stack = stack.replace(message, () => explanation)
  } catch {
    // the message cannot be read or changed: the error stays as it is
  }
  return error
}
