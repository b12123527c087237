/**
 * What the doctor runs in workers. Each task finds methods as a session does for a call, by `worker/modules` and
 * `worker/resolve`, but stops before the body.
 */
import { task } from '../../decorators/task'
import { collectGarbage } from '../../registry/inspector'
import type { MethodKey, ModuleRef } from '../../registry/keys'
import { monotonic } from '../../utils/clock'
import { messageOf } from '../../utils/text'
import { resolveMethod } from '../../worker/resolve'
import { inspectClass, type ClassCheck, type ClassFinding } from './class-fields'
import { importForCheck, listingOf, outcomeOf, type ImportOutcome, type Listing } from './listing'
import type { ImportReport, Lookup } from './report'

/** What a fresh worker found, in the order of the keys, and what its import took. */
export interface Probe extends ImportOutcome {
  readonly lookups: readonly Lookup[]
  readonly cost: ImportReport
}

/** Lists the methods and tasks of a module. */
export const listMethods = task(async function listMethods(ref: ModuleRef): Promise<Listing> {
  return listingOf(ref, await importForCheck(ref))
})

/** Imports the module in a worker that has not loaded it before, and finds each method. */
export const probeMethods = task(async function probeMethods(
  ref: ModuleRef,
  keys: readonly MethodKey[],
): Promise<Probe> {
  await settleHeap()
  const before = process.memoryUsage()
  const started = monotonic()
  const load = await importForCheck(ref)
  const ms = monotonic() - started
  const { rss } = process.memoryUsage() // before the collection, which returns memory to the system
  await settleHeap()
  const { heapUsed } = process.memoryUsage()
  const lookups: Lookup[] = []
  for (const key of keys) lookups.push(await lookUp(key))
  const cost = { ms, heapBytes: growth(before.heapUsed, heapUsed), rssBytes: growth(before.rss, rss) }
  return { ...outcomeOf(load), lookups, cost }
})

/** A collection in between may return more memory than the import takes. */
export const growth = (before: number, after: number): number => Math.max(0, after - before)

/** Finds out which fields of the classes of these methods do not cross. */
export const inspectClasses = task(async function inspectClasses(
  ref: ModuleRef,
  keys: readonly MethodKey[],
  check: ClassCheck,
): Promise<ClassFinding[]> {
  await importForCheck(ref)
  const found: ClassFinding[] = []
  const seen = new Set<object>()
  for (const key of keys) {
    const prototype = await prototypeOf(key)
    if (prototype === null || seen.has(prototype)) continue
    seen.add(prototype)
    found.push(inspectClass(key, prototype, check))
  }
  return found
})

/** The first collection frees what the start of the worker has left; the second frees what only that had kept alive. */
async function settleHeap(): Promise<void> {
  await collectGarbage()
  await collectGarbage()
}

async function lookUp(key: MethodKey): Promise<Lookup> {
  try {
    await resolveMethod(key, null)
    return { found: true }
  } catch (error) {
    return { found: false, reason: messageOf(error) }
  }
}

/** Null for functions and static methods, and for a method that is not found: its lookup says why. */
async function prototypeOf(key: MethodKey): Promise<object | null> {
  try {
    return (await resolveMethod(key, null)).prototype
  } catch {
    return null
  }
}
