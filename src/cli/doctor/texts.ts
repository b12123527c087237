/** The doctor's sentences about modules that cannot be examined, and imports that are not as they should be. */
import { basename, relative } from 'node:path'
import { GUARD } from '../../worker/module-code'
import type { Failure } from './examination'
import type { ImportOutcome } from './listing'
import { error, note, warning, type Finding, type Kind } from './report'

/** Where a module was imported. */
export type Place = Kind | 'program'

const PLACES: Readonly<Record<Place, string>> = {
  thread: 'a thread',
  process: 'a process',
  program: 'the program itself',
}

/** `a thread and in a process`. */
const listed = (places: readonly Place[]): string => places.map((place) => PLACES[place]).join(' and in ')

/** An import that has not ended as it should, or whose worker could not start. */
export function failed(file: string, places: readonly Place[], failure: Failure, timeout: number): Finding {
  const name = basename(file)
  const where = listed(places)
  if (failure.how === 'timeout') {
    return error(
      'import-timeout',
      `The import of ${name} in ${where} did not finish within ${timeout} ms. Its top level loops, or waits for something that does not happen before it defines a method. ${GUARD} If it is only slow, raise --timeout.`,
    )
  }
  if (failure.how === 'threw') {
    return error('import-error', `${name} failed in ${where} while it was imported: ${sentence(failure.text)}`)
  }
  const how = failure.signal ?? `exit code ${failure.exitCode ?? 'unknown'}`
  const ended = places.map((place) => PLACES[place]).join(' and ')
  const what = failure.how === 'crashed' && !places.includes('program') ? ', and the program with it' : ''
  return error(
    'import-exit',
    `The import of ${name} ended ${ended}${what} (${how}): its top level calls process.exit(), or crashes. ${GUARD}`,
  )
}

/** What the import of a module says about it; undefined if nothing. */
export function importFinding(
  file: string,
  places: readonly Place[],
  outcome: ImportOutcome,
  timeout: number,
): Finding | undefined {
  const name = basename(file)
  const where = listed(places)
  if (outcome.state === 'failed') {
    const { text, at } = outcome.error ?? { text: 'an unknown error', at: null }
    const place = at === null || at.startsWith('node:') ? '' : ` (${shortPath(at)})`
    return error('import-error', `Importing ${name} in ${where} failed: ${sentence(text)}${place}`)
  }
  if (outcome.state === 'suspended') {
    return note(
      'calls-at-top-level',
      `The top level of ${name} calls a decorated method or a pool. In ${where}, its code stops there. ${GUARD}`,
    )
  }
  if (outcome.state === 'unfinished' && places.includes('program')) {
    return warning(
      'import-unfinished',
      `The import of ${name} in ${where} did not finish within ${timeout} ms: its top level waits for something. What it defines below that is not listed. If it is only slow, raise --timeout.`,
    )
  }
  if (outcome.state === 'unfinished') {
    return warning(
      'import-unfinished',
      `The import of ${name} in ${where} does not finish: its top level waits for something. The first call in each worker waits 1500 ms for it, and then runs. ${GUARD}`,
    )
  }
  return undefined
}

export function noCompiler(file: string): Finding {
  return error(
    'no-compiler',
    `Cannot compile ${basename(file)}: none of tsx, typescript (below 7), @swc/core and esbuild can be imported from there. Install tsx or typescript as a development dependency, or name the compiled file, such as dist/${basename(file).replace(/\.([cm]?)tsx?$/, '.$1js')}.`,
  )
}

export function noMethods(file: string, others: readonly string[]): Finding {
  const name = basename(file)
  if (others.length > 0) {
    const paths = others.map((path) => relative(process.cwd(), path) || path).join(', ')
    return error(
      'no-methods',
      `${name} defines no decorated method and no task. It imports modules that do: ${paths}. Examine those.`,
    )
  }
  return error(
    'no-methods',
    `${name} defines no decorated method and no task when a worker imports it. Code behind \`isMainThread\`, \`isWorker()\` or the like does not run there, and functions are not called.`,
  )
}

export function notExamined(file: string): string {
  return `${basename(file)} could not be imported there; the findings say why.`
}

export function missingHook(className: string, hook: string): Finding {
  return error(
    'incomplete-hooks',
    `\`${className}\` has no ${hook}(), so calls of its methods fail. Define both [serialize]() and static [deserialize](state).`,
  )
}

/** Instances could not be made: only the texts of the classes were read. */
export function fieldsFailed(file: string, kind: Kind, failure: Failure, timeout: number): Finding {
  const how =
    failure.how === 'timeout'
      ? `did not return within ${timeout} ms`
      : failure.how === 'threw'
        ? `led to ${failure.text}`
        : `ended it (${failure.signal ?? `exit code ${failure.exitCode ?? 'unknown'}`})`
  return warning(
    'constructor-failed',
    `A constructor of ${basename(file)}, called in ${PLACES[kind]} to look at the fields of an instance, ${sentence(how)} --no-instances makes no instances.`,
  )
}

/** With one dot at its end. */
function sentence(text: string): string {
  const trimmed = text.trim()
  return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`
}

function shortPath(path: string): string {
  const short = relative(process.cwd(), path)
  return short.startsWith('..') ? path : short
}
