/** Which lock of the program an object is: a worker that imports the module of a lock makes the same lock again. */
import { findSourceMap } from 'node:module'
import { basename } from 'node:path'
import { callingModule } from '../registry/calling-module'
import { definitionPosition } from '../registry/definition-position'
import { transforms, workerEnvironment } from '../registry/environment'
import { fileText } from '../registry/keys'
import type { LockRef } from './lock-table'
import { crypto } from '../utils/lazy'

/**
 * The identity of a lock that is made while its module loads is the module and the position in it. A lock that is made
 * later has a random identity, which is sent with it as an argument or in a field of `this`.
 *
 * @param below the module is found in the frames under this function
 */
export function identify(kind: string, permits: number, below: Function): LockRef {
  const { module, topLevel, callPath, position } = callingModule(below)
  const label = `the ${kind} of ${asWritten(module.url, position)}`
  if (!topLevel) return { key: `${kind} ${crypto().randomUUID()}`, permits, label }
  const { ordinal, sequence } = definitionPosition(`${module.url}\nlock\n${kind}`, callPath)
  const where = positionsAgree(module.url) ? callPath : `#${ordinal}`
  return { key: `${kind} ${module.url} ${where} ${sequence}`, permits, label }
}

/** `log.ts:3:14`: the position in the source, if Node.js knows the source map of the module. */
function asWritten(url: string, position: string): string {
  const [line = 0, column = 0] = position.split(':').map(Number)
  const origin = findSourceMap(url)?.findOrigin(line, column)
  if (origin === undefined || !('fileName' in origin)) return `${fileText(url)}:${position}`
  return `${basename(origin.fileName)}:${origin.lineNumber}:${origin.columnNumber}`
}

/**
 * Whether positions identify a lock. They do even if one side makes locks that the other does not make, but only if both
 * sides run the same text. If a module is compiled while it loads, the sides may use different compilers; then the order of
 * the locks identifies them.
 */
function positionsAgree(url: string): boolean {
  return !transforms(workerEnvironment().testRunner) && /\.[cm]?js$/.test(url)
}
