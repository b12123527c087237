import { shared } from './shared'

/** What this program was warned of. */
const given = shared('warnings', () => new Set<string>())

interface Warning {
  readonly type: string
  readonly code?: string
  readonly detail?: string
}

/**
 * Emits a warning once per program, whichever copy of the library asks for it.
 *
 * @param key what it is about
 */
export function warnOnce(key: string, text: string, warning: Warning): void {
  if (given.has(key)) return
  given.add(key)
  process.emitWarning(text, warning)
}
