/**
 * The copies of this library in one realm. A dependency may bring its own copy, a test runner may evaluate a copy
 * twice, and a bundle may contain one. All copies of the same protocol return the exports of the first: there is one
 * `Future` class, one registry of pools, one `TimeoutError`. Copies of different protocols share {@link role} and work
 * side by side. A process warning names them, because one cannot use the futures, pools, locks and queues of the other.
 */
import { createRequire } from 'node:module'
import { packageFolder, isBundled, ownFile } from '../utils/location'
import { role } from './role'
import { PROTOCOL } from './shared'

export type EntryName = 'index' | 'concurrent' | 'asynchronous' | 'workers' | 'nestjs' | 'cluster'

/** Copies of every protocol read this. Members may be added, but never changed. */
interface Copy {
  readonly protocol: number
  /** Version and path, for messages. */
  describe(): string
  /** The exports of an entry point; undefined if the copy does not have it. */
  entry(name: string): object | undefined
}

const COPIES = Symbol.for('pebble-ts.copies')

const entries = new Map<string, object>()
const own: Copy = {
  protocol: PROTOCOL,
  describe: () => `${versionOf()} (${isBundled ? 'in a bundle' : packageFolder})`,
  entry: (name) => entries.get(name) ?? load(name),
}

/** What an entry point exports: in the first copy of this protocol its own exports, in any other those of the first. */
export function oneCopy<T extends object>(name: EntryName, exports: T): T {
  const first = firstCopy()
  const others = first === own ? undefined : first.entry(name)
  entries.set(name, others ?? exports)
  return (others as T | undefined) ?? exports
}

/** Makes this copy the first, if there is none yet. A worker does so before it imports anything. */
export function claimRealm(): void {
  firstCopy()
}

/**
 * For errors about unknown values: a sentence that names the copies they may come from; '' if there is only this one.
 */
export function otherCopies(): string {
  const others = copies().filter(({ protocol }) => protocol !== PROTOCOL)
  if (others.length === 0) return ''
  const list = [own, ...others].map((copy) => copy.describe()).join(' and ')
  return ` It may be of another copy of pebble-ts: ${list} are loaded, and do not work together.`
}

function firstCopy(): Copy {
  const known = copies()
  const first = known.find(({ protocol }) => protocol === PROTOCOL)
  if (first) return first
  if (known[0] && role.worker === null) warn(known[0])
  known.push(own)
  return own
}

function copies(): Copy[] {
  const found = Reflect.get(globalThis, COPIES) as Copy[] | undefined
  if (found !== undefined) return found
  const list: Copy[] = []
  Reflect.defineProperty(globalThis, COPIES, { value: list, configurable: true }) // false in a frozen realm
  return list
}

function warn(other: Copy): void {
  process.emitWarning(
    `Two copies of pebble-ts are loaded that do not work together: ${other.describe()} and ${own.describe()}. ` +
      'Each runs its own calls, but futures, pools, locks and queues of one mean nothing to the other. ' +
      'Install one version for both: `npm ls pebble-ts` shows which package depends on which version.',
    { code: 'PEBBLE_COPIES' },
  )
}

function load(name: string): object | undefined {
  try {
    return isBundled ? undefined : (createRequire(__filename)(ownFile(name)) as object)
  } catch {
    return undefined // a later version of this protocol may have more entry points
  }
}

function versionOf(): string {
  try {
    return (createRequire(__filename)(`${packageFolder}/package.json`) as { version: string }).version
  } catch {
    return 'of an unknown version'
  }
}
