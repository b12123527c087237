import { constants } from 'node:os'
import { levenshtein } from '../utils/lazy'
import { show } from '../utils/options'

/** Signals that some platforms lack. A program may name them everywhere; a platform without the signal never delivers it. */
const ON_SOME_PLATFORMS = [
  'SIGBREAK',
  'SIGHUP',
  'SIGUSR1',
  'SIGUSR2',
  'SIGPIPE',
  'SIGALRM',
  'SIGWINCH',
  'SIGINFO',
  'SIGLOST',
]
/** Signals that no program can handle. */
const UNCATCHABLE: readonly string[] = ['SIGKILL', 'SIGSTOP']

/**
 * The signals that `given` names, without duplicates.
 *
 * @throws {TypeError} a value is not the name of a signal; {@link RangeError} a signal cannot be handled, or none is given
 */
export function signalNames(given: unknown): NodeJS.Signals[] {
  const names: unknown[] = Array.isArray(given) ? given : [given]
  if (names.length === 0) throw new RangeError('Expected @sighandler to be given at least one signal, got none')
  for (const name of names) checkName(name)
  return [...new Set(names as NodeJS.Signals[])]
}

/** The number of the signal; 0 if this platform does not have it. */
export function signalNumber(name: NodeJS.Signals): number {
  return numbers()[name] ?? 0
}

function checkName(name: unknown): void {
  if (typeof name !== 'string')
    throw new TypeError(`Expected a signal by its name, such as 'SIGTERM', got ${show(name)}`)
  if (UNCATCHABLE.includes(name))
    throw new RangeError(`${name} cannot be handled: the system ends or stops the process itself.`)
  const known = [...Object.keys(numbers()), ...ON_SOME_PLATFORMS]
  if (!known.includes(name)) throw new TypeError(`Unknown signal '${name}'${suggestion(name, known)}`)
}

function suggestion(name: string, known: readonly string[]): string {
  const { closest, distance } = levenshtein()
  const near = closest(name.toUpperCase(), known)
  return distance(name.toUpperCase(), near) <= 2 ? `; did you mean '${near}'?` : '.'
}

function numbers(): Partial<Record<string, number>> {
  return constants.signals
}
