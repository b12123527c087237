/** Warnings about the surroundings of a queue, each of them once in this program. */
const given = new Set<string>()

/** @param key what it is about */
export function warnOnce(key: string, text: string): void {
  if (given.has(key)) return
  given.add(key)
  process.emitWarning(text, 'PebbleClusterWarning')
}
