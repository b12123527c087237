/** How a fault is caused at each place. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { pools, process as inProcess, thread, type Task } from 'pebble-ts'
import { arm } from '../../fixtures/strikes/arm'
import { loaded } from '../../fixtures/strikes/at-load'
import * as bodies from '../../fixtures/strikes/bodies'
import { needsLimit, type Fault } from '../../fixtures/strikes/strike'
import { Gate, lines } from '../../support/gate'
import type { Kind } from '../../support/setup'
import { settled, until } from '../../support/until'
import { solo, type AnyPool } from '../../suites/pool-kit'
import type { Fate, Pipe } from './pipe'
import type { Place } from './table'

export interface Scene {
  readonly kind: Kind
  readonly fault: Fault
  readonly pipe: Pipe
}

export interface Struck {
  readonly pool: AnyPool
  readonly call: PromiseLike<unknown>
  /** What happens to the other calls. Default: they run. */
  readonly fate?: Fate
}

const LIMIT = 100
const INIT_LIMIT = 1_000
const MEMORY = { resourceLimits: { maxOldGenerationSizeMb: 40 } }

const limitOf = (fault: Fault): number | undefined => (needsLimit(fault) ? LIMIT : undefined)

export const PLACE: Readonly<Record<Place, (scene: Scene) => Promise<Struck>>> = {
  load: async ({ kind, fault, pipe }) => {
    const pool = solo(kind, { ...MEMORY, initializer: arm, initArgs: [fault] })
    await warm(pool)
    const queueTimeout = limitOf(fault)
    const body = fault === 'reject' ? rejecting[kind] : loaded
    return around(pool, pipe, () => pool.schedule(body, { queueTimeout }))
  },

  initializer: async ({ kind, fault, pipe }) => {
    const initTimeout = needsLimit(fault) ? INIT_LIMIT : undefined
    const pool = solo(kind, { ...MEMORY, initializer: bodies.initialize, initArgs: [fault], initTimeout })
    const struck = around(pool, pipe, () => pool.schedule(bodies.before, { args: ['none'] }))
    return { ...struck, fate: fault === 'uncrossable' ? 'done' : 'broken' }
  },

  arguments: inBody((pool, fault) => {
    const timeout = limitOf(fault)
    if (fault === 'uncrossable') return pool.schedule(bodies.take, { args: [{ fn: () => 1 } as never] })
    return pool.schedule(bodies.takeAndWait, { args: [new bodies.Mine('arriving', fault)], timeout })
  }),

  before: inBody((pool, fault) => pool.schedule(bodies.before, { args: [fault], timeout: limitOf(fault) })),

  after: inBody((pool, fault) => pool.schedule(bodies.after, { args: [fault], timeout: limitOf(fault) })),

  streaming: inBody((_pool, fault, kind) => consume(kind, fault)),

  'result (hook)': inBody((pool, fault) =>
    pool.schedule(bodies.giveHook, { args: [fault], timeout: limitOf(fault) }).then(() => 'whole'),
  ),

  'result (getter)': inBody((pool, fault) =>
    pool.schedule(bodies.giveGetter, { args: [fault], timeout: limitOf(fault) }).then(() => 'whole'),
  ),

  idle: async ({ kind, fault, pipe }) => {
    const [pool, gate] = [sharedSolo(kind), new Gate()]
    await settled(pool.schedule(bodies.leave, { args: [fault, gate.path] }))
    pipe.back(pool)
    gate.open()
    await until(() => lines(`${gate.path}.struck`).length > 0, 'the fault to strike')
    return { pool, call: pool.schedule(bodies.before, { args: ['none'] }) }
  },

  draining: async ({ kind, fault, pipe }) => {
    const pool = solo(kind, MEMORY)
    await warm(pool)
    const struck = around(pool, pipe, () => pool.schedule(bodies.after, { args: [fault], timeout: limitOf(fault) }))
    pool.close()
    return struck
  },

  shutdown: async ({ kind, fault, pipe }) => {
    const [pool, gate] = [solo(kind, MEMORY), new Gate()]
    const timeout = kind === 'thread' ? limitOf(fault) : undefined // a process pool stops running calls
    const call = pool.schedule(bodies.stopped, { args: [fault, kind, gate.path], timeout })
    call.catch(() => undefined)
    await gate.whenArrived()
    pipe.back(pool)
    for (const future of pipe.futures) future.catch(() => undefined)
    pool.stop()
    gate.open()
    return { pool, call, fate: 'dropped' }
  },
}

/** Uses the pool of the file: it has one worker at a time, for all cells. */
function inBody(call: (pool: AnyPool, fault: Fault, kind: Kind) => PromiseLike<unknown>) {
  return async ({ kind, fault, pipe }: Scene): Promise<Struck> => {
    const pool = sharedSolo(kind)
    return around(pool, pipe, () => call(pool, fault, kind))
  }
}

function around(pool: AnyPool, pipe: Pipe, call: () => PromiseLike<unknown>): Struck {
  pipe.front(pool)
  const struck = call()
  pipe.back(pool)
  return { pool, call: struck }
}

const sharedSolo = (kind: Kind): AnyPool => pools.get(`solo-${kind}`) as unknown as AnyPool

/** A worker that is ready and has run a short method. */
async function warm(pool: AnyPool): Promise<void> {
  await settled(pool.schedule(bodies.before, { args: ['none'] }))
}

async function consume(kind: Kind, fault: Fault): Promise<unknown> {
  const stream = bodies.streams[kind][needsLimit(fault) ? 'limited' : 'plain'](fault)
  const first = await stream.next()
  expect(first).toEqual({ done: false, value: 'first' })
  return stream.next()
}

const REJECTS = pathToFileURL(join(__dirname, '../../fixtures/strikes/rejects-at-load.mjs'))
const rejecting: Record<Kind, Task> = {
  thread: thread(async () => 'whole', { module: REJECTS }),
  process: inProcess(async () => 'whole', { module: REJECTS }),
}
