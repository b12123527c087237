import type { Future } from 'pebble-ts'
import * as bodies from '../../fixtures/strikes/bodies'
import { lines, scratchFile } from '../../support/gate'
import type { AnyPool } from '../../suites/pool-kit'

/** What happens to the other calls: they run once, or end with their pool without running. */
export type Fate = 'done' | 'broken' | 'dropped'

const CODES = { broken: 'ERR_PEBBLE_POOL', dropped: 'ERR_PEBBLE_CANCELLED' }

/** Calls before and behind the one with the fault. A file, outside of the library, counts what they ran. */
export class Pipe {
  readonly #log = scratchFile()
  readonly #size: number
  readonly futures: Array<Future<number>> = []

  constructor(size: number) {
    this.#size = size
  }

  front(pool: AnyPool): void {
    this.#fill(pool, Math.floor(this.#size / 5))
  }

  back(pool: AnyPool): void {
    this.#fill(pool, this.#size - this.futures.length)
  }

  expect(outcomes: ReadonlyArray<PromiseSettledResult<number>>, fate: Fate): void {
    const ran = lines(this.#log).map(Number)
    const all = this.futures.map((_future, n) => n)
    expect(ran.sort((a, b) => a - b)).toEqual(fate === 'done' ? all : [])
    const codes = outcomes.map((outcome) =>
      outcome.status === 'fulfilled' ? outcome.value : (outcome.reason as { code?: string }).code,
    )
    expect(codes).toEqual(fate === 'done' ? all : all.map(() => CODES[fate]))
  }

  #fill(pool: AnyPool, count: number): void {
    for (let n = 0; n < count; n++)
      this.futures.push(pool.schedule(bodies.count, { args: [this.#log, this.futures.length] }))
  }
}
