/** Which lock of the program one is: a worker that imports the module of a lock makes the same lock again. */
import { randomUUID } from 'node:crypto'
import { findSourceMap } from 'node:module'
import { basename } from 'node:path'
import { callingModule } from '../registry/calling-module'
import { transforms, workerEnvironment } from '../registry/environment'
import { fileText } from '../registry/keys'
import { definitionPosition } from '../registry/definition-position'
import type { LockRef } from './lock-table'

/**
 * A lock that is made while its module loads is known by its module and its place there. Made later it is known to
 * nobody: it has a name of its own, by which it crosses as an argument, or in a field of `this`.
 *
 * @param below - The module is looked for in the frames under this function.
 */
export function identify(kind: string, permits: number, below: Function): LockRef {
  const { module, topLevel, chain, position } = callingModule(below)
  const label = `the ${kind} of ${asWritten(module.url, position)}`
  if (!topLevel) return { key: `${kind} ${randomUUID()}`, permits, label }
  const { ordinal, sequence } = definitionPosition(`${module.url}\nlock\n${kind}`, chain)
  const place = positionsAgree(module.url) ? chain : `#${ordinal}`
  return { key: `${kind} ${module.url} ${place} ${sequence}`, permits, label }
}

/** `log.ts:3:14`: where the lock was written, if Node knows the module's source map. */
function asWritten(url: string, position: string): string {
  const [line = 0, column = 0] = position.split(':').map(Number)
  const origin = findSourceMap(url)?.findOrigin(line, column)
  if (origin === undefined || !('fileName' in origin)) return `${fileText(url)}:${position}`
  return `${basename(origin.fileName)}:${origin.lineNumber}:${origin.columnNumber}`
}

/**
 * Positions tell locks apart also where one side makes some that the other does not. But the same text must run on both:
 * where it is compiled on its way, another compiler may write it, and the order has to do.
 */
function positionsAgree(url: string): boolean {
  return !transforms(workerEnvironment().testRunner) && /\.[cm]?js$/.test(url)
}
