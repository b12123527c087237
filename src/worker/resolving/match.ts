/** Which registration of this worker is the one that a key of the parent names. A wrong body must never run. */
import type { MethodKey } from '../../registry/keys'
import type { Registration } from '../../registry/registrations'

/**
 * @param comparable - Both sides run the same compiled text: positions and hashes mean the same. Not so where a test
 * runner transforms it in the parent, or this worker compiles TypeScript itself.
 */
export function matchRegistration(
  key: MethodKey,
  candidates: readonly Registration[],
  comparable: boolean,
): Registration | null {
  const level = candidates.filter((candidate) => candidate.key.topLevel === key.topLevel)
  if (!comparable) return sameText(key, level) ?? onlyText(key, level) ?? samePlace(key, level)
  const there = level.filter((candidate) => candidate.key.position === key.position)
  return (
    sameText(key, there) ??
    onlyText(
      key,
      there.filter((candidate) => candidate.key.sequence === key.sequence),
    )
  )
}

/** Compilers rename: `Foo` may come as `_Foo` or `Foo_1`. A name that is not known is no contradiction. */
export function sameClassName(parent: string, here: string): boolean {
  return parent === '' || here === '' || bare(parent) === bare(here)
}

function sameText(key: MethodKey, candidates: readonly Registration[]): Registration | null {
  return candidates.find((candidate) => candidate.key.hash === key.hash && isAt(key, candidate)) ?? null
}

/** Code behind `isMainThread`, or modules reset by a test runner, shift the numbers: a text that occurs once is as good. */
function onlyText(key: MethodKey, candidates: readonly Registration[]): Registration | null {
  const alike = candidates.filter((candidate) => candidate.key.hash === key.hash)
  return alike.length === 1 ? (alike[0] ?? null) : null
}

/** Two compilers, or coverage, write one function in two ways: then its place decides, if the class has the same name. */
function samePlace(key: MethodKey, candidates: readonly Registration[]): Registration | null {
  const placed = candidates.find((candidate) => isAt(key, candidate))
  return placed !== undefined && sameClassName(key.className, placed.key.className) ? placed : null
}

function isAt(key: MethodKey, candidate: Registration): boolean {
  return candidate.key.ordinal === key.ordinal && candidate.key.sequence === key.sequence
}

function bare(name: string): string {
  return name.replace(/^_+|_\d+$/g, '')
}
