/** Sentences about the code of a module that a worker imports: it runs there as in the program's own thread. */
import { types } from 'node:util'
import { fileText } from '../registry/keys'
import type { ModuleCode } from '../registry/current-task'

export const GUARD =
  'Guard what a module starts by `if (!isWorker())`, with `isWorker` of pebble-ts, or move the method to a file of its own.'

/** Those that were told where they come from: a module may throw one of them again and again. */
const explained = new WeakSet<object>()

/** Adds to an error that module code set off, a server or an interval for one, where it comes from and what to do. */
export function explainModuleCode(error: unknown, code: ModuleCode | undefined): unknown {
  if (!code || !types.isNativeError(error) || explained.has(error)) return error
  explained.add(error)
  try {
    const { message, stack } = error
    const told = `${message.replace(/\.$/, '')}. This comes from module code of ${fileText(code.url)}, which the worker imports for ${code.wantedBy}. ${GUARD}`
    error.message = told
    if (typeof stack === 'string') error.stack = stack.replace(message, () => told)
  } catch {
    // its message cannot be read, or changed: it goes as it is
  }
  return error
}
