/** What every black-box spec begins with: a limit that a busy machine keeps, and pools that end with the file. */
import { pools } from 'pebble-ts'
import { closeGates } from './gate'

/** Also of the hooks. Below it, `settled` and `until` fail with a dump of what hangs. */
jest.setTimeout(180_000)

afterEach(() => closeGates())
afterAll(() => pools.shutdown())

export const KINDS = ['thread', 'process'] as const
export type Kind = (typeof KINDS)[number]

/** One suite of behaviour for every kind of worker. */
export function forEachKind(title: string, suite: (kind: Kind) => void): void {
  describe.each(KINDS)(`${title} (%s)`, (kind) => suite(kind))
}
