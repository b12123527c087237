/** Imported by every black-box spec: sets a limit that a busy machine can meet, and ends the pools after the file. */
import { pools } from 'pebble-ts'
import { closeGates } from './gate'
import { settled } from './until'

/** Applies to hooks, too. `settled` and `until` have shorter limits, and fail with a dump of what hangs. */
jest.setTimeout(180_000)

afterEach(() => closeGates())
afterAll(() => settled(pools.shutdown(), 'the pools to end'))

export const KINDS = ['thread', 'process'] as const
export type Kind = (typeof KINDS)[number]

/** Runs a suite for each kind of worker. */
export function forEachKind(title: string, suite: (kind: Kind) => void): void {
  describe.each(KINDS)(`${title} (%s)`, (kind) => suite(kind))
}
