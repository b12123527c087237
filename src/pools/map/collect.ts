/**
 * `map`: elements become chunks, chunks become calls, and their outcomes become elements again, in order.
 *
 *   iterables ─ Intake: at most `buffer` ahead ─► chunk ─ ChunkSender ─► call ═══► worker: body, body, body …
 *                                                                                    │ each published before the next starts
 *   consumer ◄── ResultReader ◄── ResultQueue, in order ◄── elements ◄───────────────┘
 *
 * `MapRun` holds these together, and holds neither the future nor the reader: what the consumer drops is collected.
 */
import { checkOptions } from '../../utils/options'
import type { Pool } from '../pool'
import type { Schedulable } from '../schedulable'
import type { MapFuture } from './map-future'
import { mapRules, type MapOptions } from './map-options'
import { MapRun } from './map-run'
import { checkSources, isSource, Sources } from './sources'

/** Starts a `map` on `pool`; `rest` are its iterables and, last, its options. */
export function collect(pool: Pool, what: Schedulable, rest: unknown[], workers: number): MapFuture<unknown> {
  const last = rest.at(-1)
  const iterables = isOptions(last) ? rest.slice(0, -1) : rest
  const options = checkOptions('map()', isOptions(last) ? last : undefined, mapRules)
  const sources = new Sources(checkSources(iterables))
  return new MapRun({ pool, what, width: iterables.length, options, sources, workers }).start()
}

function isOptions(value: unknown): value is MapOptions | undefined {
  return value === undefined || (typeof value === 'object' && !isSource(value))
}
