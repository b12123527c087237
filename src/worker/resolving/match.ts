/** Decides which registration of this worker a method key of the parent names. A wrong body must never run. */
import type { MethodKey } from '../../registry/keys'
import type { Registration } from '../../registry/registrations'

/**
 * @param comparable whether both sides run the same compiled text, so that positions and hashes can be compared. They do
 * not if a test runner transforms the text in the parent, or if this worker compiles TypeScript itself.
 */
export function matchRegistration(
  key: MethodKey,
  candidates: readonly Registration[],
  comparable: boolean,
): Registration | null {
  const level = candidates.filter((candidate) => candidate.key.topLevel === key.topLevel)
  if (key.byName !== undefined) return matchName(key, level)
  if (!comparable) return sameText(key, level) ?? onlyText(key, level) ?? samePosition(key, level)
  const atPosition = level.filter((candidate) => candidate.key.position === key.position)
  return (
    sameText(key, atPosition) ??
    onlyText(
      key,
      atPosition.filter((candidate) => candidate.key.sequence === key.sequence),
    )
  )
}

/** For a caller on another machine, whose code may be older or newer: the name decides, the rest only if several have it. */
function matchName(key: MethodKey, candidates: readonly Registration[]): Registration | null {
  const named = candidates.filter((candidate) => sameClassName(key.className, candidate.key.className))
  if (key.byName === 'same') return named.find((candidate) => candidate.key.hash === key.hash) ?? null
  if (named.length <= 1) return named[0] ?? null
  return sameText(key, named) ?? onlyText(key, named) ?? samePosition(key, named)
}

/** Compilers rename classes: `Foo` may become `_Foo` or `Foo_1`. An unknown name matches every name. */
export function sameClassName(parent: string, here: string): boolean {
  return parent === '' || here === '' || bare(parent) === bare(here)
}

function sameText(key: MethodKey, candidates: readonly Registration[]): Registration | null {
  return candidates.find((candidate) => candidate.key.hash === key.hash && isAt(key, candidate)) ?? null
}

/** Code behind `isMainThread`, or modules that a test runner resets, shift the numbers. A text that occurs once is as good. */
function onlyText(key: MethodKey, candidates: readonly Registration[]): Registration | null {
  const alike = candidates.filter((candidate) => candidate.key.hash === key.hash)
  return alike.length === 1 ? (alike[0] ?? null) : null
}

/** Two compilers, or coverage, emit different text for one function. Then its numbers decide, if the class name matches. */
function samePosition(key: MethodKey, candidates: readonly Registration[]): Registration | null {
  const placed = candidates.find((candidate) => isAt(key, candidate))
  return placed !== undefined && sameClassName(key.className, placed.key.className) ? placed : null
}

function isAt(key: MethodKey, candidate: Registration): boolean {
  return candidate.key.ordinal === key.ordinal && candidate.key.sequence === key.sequence
}

function bare(name: string): string {
  return name.replace(/^_+|_\d+$/g, '')
}
