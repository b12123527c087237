import { constants } from 'node:os'
import { closest, distance } from 'fastest-levenshtein'
import { show } from '../utils/options'

/** Signals that Node.js knows on some platform: a program names them all, and hears those that its own has. */
const ELSEWHERE = ['SIGBREAK', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGPIPE', 'SIGALRM', 'SIGWINCH', 'SIGINFO', 'SIGLOST']
/** No program can handle these. */
const NEVER: readonly string[] = ['SIGKILL', 'SIGSTOP']

/**
 * The signals that `given` names, each once.
 *
 * @throws {TypeError} for what is no name of a signal, {@link RangeError} for one that cannot be handled, and for none
 */
export function signalNames(given: unknown): NodeJS.Signals[] {
  const names: unknown[] = Array.isArray(given) ? given : [given]
  if (names.length === 0) throw new RangeError('Expected @sighandler to be given at least one signal, got none')
  for (const name of names) checkName(name)
  return [...new Set(names as NodeJS.Signals[])]
}

/** Its number on this platform; 0 where the platform has no such signal. */
export function signalNumber(name: NodeJS.Signals): number {
  return numbers()[name] ?? 0
}

function checkName(name: unknown): void {
  if (typeof name !== 'string')
    throw new TypeError(`Expected a signal by its name, such as 'SIGTERM', got ${show(name)}`)
  if (NEVER.includes(name))
    throw new RangeError(`${name} cannot be handled: the system ends, or stops, the process itself.`)
  const known = [...Object.keys(numbers()), ...ELSEWHERE]
  if (!known.includes(name)) throw new TypeError(`Unknown signal '${name}'${suggestion(name, known)}`)
}

function suggestion(name: string, known: readonly string[]): string {
  const near = closest(name.toUpperCase(), known)
  return distance(name.toUpperCase(), near) <= 2 ? `; did you mean '${near}'?` : '.'
}

function numbers(): Partial<Record<string, number>> {
  return constants.signals
}
