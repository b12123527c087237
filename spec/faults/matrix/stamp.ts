/** Defines a test for every cell of some places. */
import { FAULTS, type Fault } from '../../fixtures/strikes/strike'
import { dump } from '../../support/dump'
import { KINDS, type Kind } from '../../support/setup'
import { useSoloPools } from '../../support/solo'
import { stderr } from '../../support/stderr'
import { settled, until } from '../../support/until'
import { warnings } from '../../support/warnings'
import * as bodies from '../../fixtures/strikes/bodies'
import { cellOf, expectOutcome, outcomeOf, type Expected } from './cells'
import { Pipe } from './pipe'
import { PLACE, type Struck } from './places'
import { TABLE, type Place } from './table'

/** A wait that takes longer than this, in ms, is a hang. */
const BOUND = 60_000
const LOADS = { 'one call': 0, 'a full pipe': 50 }

export function stampPlaces(...places: Place[]): void {
  useSoloPools({ resourceLimits: { maxOldGenerationSizeMb: 40 } })
  beforeEach(() => void stderr())

  describe.each(places)('%s', (place) => {
    for (const kind of KINDS) {
      describe.each(Object.entries(LOADS))(`${kind}, %s`, (_load, size) => {
        for (const fault of FAULTS) {
          const expected = cellOf(TABLE[fault][place], kind)
          if (typeof expected !== 'string') test(fault, () => strikeAt(place, kind, fault, size, expected))
        }
      })
    }
  })
}

async function strikeAt(place: Place, kind: Kind, fault: Fault, size: number, expected: Expected): Promise<void> {
  const heard = warnings()
  const pipe = new Pipe(size)
  const { pool, call, fate = 'done' } = await PLACE[place]({ kind, fault, pipe })
  const all = Promise.all([outcomeOf(call), Promise.allSettled(pipe.futures)])
  const [outcome, others] = await bounded({ pool, call }, pipe, all, 'every call to settle')
  expectOutcome(outcome, expected)
  pipe.expect(others, fate)
  await bounded({ pool, call }, pipe, aftermath(pool), 'the pool to come to rest')
  const warns = 'warns' in expected ? expected.warns : undefined
  if (warns) await until(() => heard.some(({ detail }) => detail?.includes(warns)), 'the warning')
  else if (place !== 'shutdown') expect(heard).toEqual([])
}

/** The place of the worker is free again: an open pool runs calls, a closed one ends. */
async function aftermath(pool: Struck['pool']): Promise<void> {
  if (pool.stats().state === 'running') expect(await pool.schedule(bodies.before, { args: ['none'] })).toBe('whole')
  else await pool.join()
  expect(pool.stats()).toMatchObject({ pending: 0, queued: 0, running: 0 })
}

async function bounded<T>(struck: Struck, pipe: Pipe, promise: Promise<T>, what: string): Promise<T> {
  return settled(promise, what, BOUND).catch((error: unknown) => {
    if (!(error instanceof Error) || !error.message.startsWith('Waited')) throw error
    throw new Error(`Waited ${BOUND} ms for ${what}, in vain.\n${state(struck, pipe)}\n${dump()}`)
  })
}

/** The statistics of the pool and the state of each call. */
function state({ pool, call }: Struck, pipe: Pipe): string {
  const calls = [call as { done?(): boolean; running?(): boolean }, ...pipe.futures].map((future, n) => {
    const name = n === 0 ? 'the struck call' : `call ${n - 1}`
    return `  ${name}: ${future.done?.() ? 'settled' : future.running?.() ? 'running' : 'waiting'}`
  })
  return [`Pool: ${JSON.stringify(pool.stats())}`, ...calls.filter((line) => !line.endsWith('settled'))].join('\n')
}
