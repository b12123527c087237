/** Engines that are silent, killed and started again, and connections that are cut. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { isAlive } from '../../support/processes'
import '../../support/setup'
import { until } from '../../support/until'
import { endEngines, startPostgres, startRedis, type Engine } from './engines'
import { atOnce, endRigs, LEASE, Rig, TOLD_WITHIN, type Caller, type Settled } from './rig'

jest.setTimeout(180_000)

/** How long the queue may take to accept a call, in ms: the default of `connectTimeout`. */
const ADD_LIMIT = 10_000

const clients: Redis[] = []

afterAll(async () => {
  for (const client of clients) client.disconnect()
  await endRigs()
  await endEngines()
})

const elapsed = async (ms: number): Promise<void> => {
  const at = performance.now()
  await until(() => performance.now() - at >= ms, `${ms} ms to pass`)
}

/** Bodies end before their leases do, and what asked for it runs again when the engine is back. */
async function silent(): Promise<void> {
  const redis = await startRedis()
  const rig = new Rig(redis)
  const [caller] = await rig.open(2)
  const once = caller.call('work', [rig.log, 60_000], { id: 'once' })
  const again = caller.call('work', [rig.log, 8500], { id: 'again', retries: { attempts: 2, on: ['lost'] } })
  const short = caller.call('work', [rig.log, 500], { id: 'short' })
  const pids = await Promise.all([rig.started('once'), rig.started('again')])
  await rig.started('short')
  redis.signal('SIGSTOP')
  const [stopped, stoppedAt] = [performance.now(), Date.now()]
  const waiting = caller.call('work', [rig.log, 0], { id: 'waiting' })
  await until(() => pids.every((pid) => !isAlive(pid)), 'the bodies to end')
  const lived = rig.lastSign(...pids) - stoppedAt
  expect(lived).toBeLessThan(LEASE)
  rig.figure('bodies of a silent engine dead', lived)
  await until(() => performance.now() - stopped > 8000, '8 s to pass')
  redis.signal('SIGCONT')
  const back = performance.now()
  expect((await once.settled).error).toMatchObject({ name: 'ProcessExpired', mayHaveRun: true })
  expect(performance.now() - back).toBeLessThan(TOLD_WITHIN)
  expect(await again.settled).toMatchObject({ attempt: 2, value: rig.noted('start', 'again')[1] })
  expect((await waiting.settled).error).toBeUndefined()
  const { error } = await short.settled // its result came in time, or its lease was over
  if (error) expect(error).toMatchObject({ name: 'ProcessExpired', mayHaveRun: true })
  expect([rig.noted('start', 'once').length, rig.noted('start', 'waiting').length]).toEqual([1, 1])
  expect(rig.witness()).toEqual({ starts: 2, overlaps: 0 })
}

/** What runs and what waits is delivered once. */
async function restarted(engine: Engine, restart: () => Promise<void>): Promise<void> {
  const rig = new Rig(engine, 15_000) // the default: the engine is back before a lease runs out
  const [caller] = await rig.open(1)
  const gate = join(rig.folder, 'gate')
  const running = ['a', 'b'].map((id) => caller.call('work', [rig.log, 60_000, gate], { id }))
  await Promise.all(['a', 'b'].map((id) => rig.started(id)))
  const waiting = ['c', 'd', 'e'].map((id) => caller.call('work', [rig.log, 0], { id }))
  const delayed = caller.call('work', [rig.log, 0], { id: 'later', delay: 1500 })
  await elapsed(300) // they are added; those that are not, are added when the engine is back
  const killed = performance.now()
  await engine.kill()
  const made = caller.call('work', [rig.log, 0], { id: 'made' })
  await elapsed(700)
  await restart()
  const back = performance.now()
  writeFileSync(gate, '')
  const settled = await Promise.all([...running, ...waiting, delayed, made].map((call) => call.settled))
  rig.figure('all delivered after a restart', performance.now() - back)
  const wasLong = back - killed > ADD_LIMIT - 1000 // on a busy machine, the engine may need that long to start
  if (wasLong && settled[6]?.error) expect(settled.pop()?.error).toMatchObject({ name: 'PoolError', mayHaveRun: true })
  expect(settled.map(({ error }) => error)).toEqual(settled.map(() => undefined))
  expect(rig.witness()).toEqual({ starts: 1, overlaps: 0 })
  if (!wasLong) expect(rig.noted('end').length).toBe(7)
}

/** What was accepted is gone, and the caller is told so. */
async function forgotten(): Promise<void> {
  const redis = await startRedis()
  const rig = new Rig(redis)
  const [caller] = await rig.open(1)
  const running = ['a', 'b'].map((id) => caller.call('work', [rig.log, 60_000], { id }))
  const pids = await Promise.all(['a', 'b'].map((id) => rig.started(id)))
  const waiting = ['c', 'd'].map((id) => caller.call('work', [rig.log, 0], { id }))
  await until(async () => ((await caller.does('refresh')) as Counts).queue.waiting === 2, 'two to wait')
  await redis.kill()
  await redis.start()
  const back = performance.now()
  const settled = await Promise.all([...running, ...waiting].map((call) => call.settled))
  rig.figure('told of an engine that has forgotten', performance.now() - back)
  expect(performance.now() - back).toBeLessThan(TOLD_WITHIN)
  for (const { error } of settled)
    expect(error).toMatchObject({
      name: 'PoolError',
      mayHaveRun: true,
      message: expect.stringMatching(
        /^The queue has no record of .* any more: its data was lost.*It may have run/,
      ) as string,
    })
  await until(() => pids.every((pid) => !isAlive(pid)), 'the bodies to end')
  expect(performance.now() - back).toBeLessThan(TOLD_WITHIN)
  expect((await caller.call('add', [1, 2]).settled).value).toBe(3)
  expect(rig.witness()).toEqual({ starts: 1, overlaps: 0 })
}

interface Counts {
  readonly queue: { readonly waiting: number }
}

/** Cuts connections again and again while calls are made and run. */
async function cut(rig: Rig, cutOnce: () => void | Promise<void>): Promise<void> {
  const [caller] = await rig.open(2)
  await cutWhile(rig, [caller], cutOnce)
}

/** The same, and the machines take the calls of two queues. */
async function cutTwoQueues(rig: Rig, cutOnce: () => void | Promise<void>): Promise<void> {
  const other = `${rig.queue}b`
  const callers = [rig.caller(), rig.caller({ queue: other })]
  const machines = [0, 1].map(() => rig.machine({ queue: [rig.queue, other] }))
  await Promise.all([...callers, ...machines].map((program) => program.ready()))
  await cutWhile(rig, callers, cutOnce)
}

async function cutWhile(rig: Rig, callers: readonly Caller[], cutOnce: () => void | Promise<void>): Promise<void> {
  const calls: Array<Promise<Settled>> = []
  for (let n = 0; n < 12; n++) {
    callers.forEach((caller, of) => calls.push(...some(caller, rig, `${n}.${of}`)))
    await elapsed(100)
    await cutOnce()
    await elapsed(60)
  }
  const settled = await Promise.all(calls)
  rig.figure('lost', settled.filter(({ error }) => error).length)
  expect(settled.map(({ error }) => error).filter(Boolean)).toEqual([])
  expect(rig.witness()).toEqual({ starts: 1, overlaps: 0 })
  expect(rig.noted('end').length).toBe(calls.length)
}

function some(caller: Caller, rig: Rig, n: string): Array<Promise<Settled>> {
  return [0, 1, 2, 3].map((of) => caller.call('work', [rig.log, 40 * of], { id: `c${n}.${of}` }).settled)
}

async function cutRedis(cutting = cut): Promise<void> {
  const redis = await startRedis()
  const client = new Redis(redis.url)
  clients.push(client)
  await cutting(new Rig(redis), async () => {
    for (const type of ['normal', 'pubsub']) await client.call('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes')
  })
}

async function cutPostgres(which: string, cutting = cut): Promise<void> {
  const postgres = await startPostgres()
  const sql = `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL AND ${which}`
  let count = 0
  await cutting(new Rig(postgres), () => void (count += Number(postgres.query(sql))))
  expect(count).toBeGreaterThan(10)
}

async function restartedPostgres(): Promise<void> {
  const postgres = await startPostgres()
  await restarted(postgres, () => postgres.start())
}

async function restartedRedis(): Promise<void> {
  const redis = await startRedis('--appendonly', 'yes')
  await restarted(redis, () => redis.start())
}

atOnce({
  'Redis is silent for longer than the lease': silent,
  'Redis is killed and started again, with its log': restartedRedis,
  'Redis is killed and started again, without its data': forgotten,
  'all connections to Redis are cut': () => cutRedis(),
})

describe('PostgreSQL', () => {
  test('PostgreSQL is killed and started again', restartedPostgres)
  test('its listening connections are cut', () => cutPostgres("query LIKE 'LISTEN%'"))
  test('all its connections are cut', () => cutPostgres('true'))
  test('all its connections are cut, and the machines have two queues', () => cutPostgres('true', cutTwoQueues))
})

test('all connections to Redis are cut, and the machines have two queues', () => cutRedis(cutTwoQueues))
