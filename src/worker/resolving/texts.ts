/** The messages of errors if a worker cannot find a method: why, and what to do. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { types } from 'node:util'
import type { ClassRef, MethodKey } from '../../registry/keys'
import { labelOf } from '../../registry/keys'
import { summary } from '../../utils/text'
import { GUARD } from '../module-code'

export function importFailed(key: MethodKey, error: unknown): string {
  if (hasNoFile(key.module.url)) {
    return `Cannot run ${labelOf(key)} in a worker: the code that defines it has no file that a worker could import. Put it in a module, or name one with \`module\`.`
  }
  return `Cannot run ${labelOf(key)} in a worker: ${failedImport(key.module.url, error)}`
}

export function classImportFailed(id: string, error: unknown): string {
  return `Cannot load the class of ${id} in this worker: ${reasonOf(error)}`
}

export function subclassImportFailed(key: MethodKey, ref: ClassRef, error: unknown): string {
  return `Cannot run ${labelOf(key)} for ${classText(ref)} in a worker: ${failedImport(ref.module.url, error)}`
}

/** What the search for a method has found. */
export interface SearchResult {
  /** How many methods of that name the module defines in the worker. */
  readonly others: number
  /** The import of the module has not settled. */
  readonly loading: boolean
  /** The code of the module waits for a dispatching call of its own. */
  readonly suspended: boolean
  /** The module is the main script of the program. */
  readonly main: boolean
}

export function notDefined(key: MethodKey, search: SearchResult): string {
  return `${labelOf(key)} was not defined when ${pathText(key.module.url)} was imported in the worker. ${whyNotDefined(key, search)}`
}

export function notExported(key: MethodKey): string {
  return `${labelOf(key)} is defined in the worker, but its class cannot be found there. Export the class from ${pathText(key.module.url)}.`
}

export function otherClass(key: MethodKey, found: string): string {
  return `${labelOf(key)} is a method of \`${found}\` in the worker. The module defines other classes there than in the parent: define them at its top level, without a condition on the thread or process.`
}

export function noSubclass(key: MethodKey, ref: ClassRef): string {
  return `Cannot run ${labelOf(key)} for ${classText(ref)}: no such class, or more than one, was found in the worker after importing ${pathText(ref.module.url)}. Define it at the top level of that module and export it.`
}

function whyNotDefined(key: MethodKey, { others, loading, suspended, main }: SearchResult): string {
  if (key.byName !== undefined) {
    return others > 0 && key.byName === 'same'
      ? "The code of this worker machine has another text of it, and `code: 'same'` asks for the same."
      : 'The code of this worker machine has nothing of that name: it is older or newer than that of the caller.'
  }
  if (!key.topLevel) {
    return 'It was created inside a function after the module had loaded, and a worker imports the module without calling its functions. Move the class or function to the top level of the module; where another module defines it, name that one with `module`.'
  }
  if (loading) {
    const waits = suspended
      ? 'the module waits for a call of its own, which does not run in a worker'
      : 'the module waits for a call that it dispatches itself, or for something that never happens'
    return `Its import has not finished there: ${waits}. Define the class or function above that, or in a module of its own.`
  }
  if (others > 0) {
    return 'In the worker, the module defines other code under that name. Did the file change since the program started? Is the class behind a condition on the thread or process? Restart the program, or define the class unconditionally.'
  }
  const guard = main
    ? 'A guard around a main script must exclude only the code that starts the program. What is defined behind it, or by a function that is called behind it,'
    : 'Code behind `isMainThread`, `isWorker()` or the like does not run there. What is defined by such code, or by a function that only such code calls,'
  return `${guard} is missing in the worker: define it at the top level of the module, unconditionally.`
}

/** Evaluated code has no file: `node -e`, standard input, a vm. */
function hasNoFile(url: string): boolean {
  return url.startsWith('file:') && !existsSync(fileURLToPath(url))
}

function failedImport(url: string, error: unknown): string {
  return `importing ${pathText(url)} there failed: ${reasonOf(error)}${hasSystemError(error) ? `. ${GUARD}` : ''}`
}

/** How many causes are looked at: a framework may wrap an error several times, and causes may form a circle. */
const MAX_CAUSES = 10

/**
 * Whether the error is a system error (a port in use, a refused connection), or was caused by one. Such an error comes
 * from what the module starts, not from what it defines.
 */
function hasSystemError(error: unknown): boolean {
  let each = error
  for (let i = 0; i < MAX_CAUSES && types.isNativeError(each); i++) {
    if (typeof (each as NodeJS.ErrnoException).syscall === 'string') return true
    each = each.cause
  }
  return false
}

export function classNotImported(ref: ClassRef, error: unknown): string {
  return `Cannot load ${classText(ref)} in a worker: ${failedImport(ref.module.url, error)}`
}

export function classNotFound(ref: ClassRef): string {
  return `Cannot load ${classText(ref)} in a worker: no such class, or more than one, was found after importing ${pathText(ref.module.url)}. Define it at the top level of that module and export it.`
}

export function classText(ref: ClassRef): string {
  return ref.name === '' ? 'an anonymous class' : `\`${ref.name}\``
}

function reasonOf(error: unknown): string {
  return typeof error === 'string' ? error : summary(error)
}

function pathText(url: string): string {
  return url.startsWith('file:') ? fileURLToPath(url) : url.slice(0, 80)
}
