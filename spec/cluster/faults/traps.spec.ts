/** What BullMQ and PostgreSQL do by themselves: the traps of the design. */
import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import '../../support/setup'
import { until } from '../../support/until'
import { endEngines, startPostgres, startRedis, type Engine, type RedisServer } from './engines'
import { endRigs, LOST, Rig, TOLD_WITHIN } from './rig'

jest.setTimeout(180_000)

let redis: RedisServer
let postgres: Promise<Engine> | undefined
const opened: Array<{ close(): Promise<void> }> = []

beforeAll(async () => {
  redis = await startRedis()
})

afterAll(async () => {
  for (const each of opened) await each.close()
  await endRigs()
  await endEngines()
})

const connection = (): object => ({ url: redis.url, maxRetriesPerRequest: null })

test('1,000 races of cancel against pick-up: no call starts twice, and none hangs', async () => {
  const rig = new Rig(redis)
  const [caller] = await rig.open(1)
  let cancelled = 0
  for (let round = 0; round < 20; round++) {
    const calls = Array.from({ length: 50 }, (_, n) => caller.call('work', [rig.log, 0], { id: `r${round}.${n}` }))
    for (const [n, call] of calls.entries()) {
      if (n % 5 === 0) await new Promise((resolve) => setImmediate(resolve))
      call.cancel()
    }
    for (const { error } of await Promise.all(calls.map((call) => call.settled))) {
      if (error) expect(error.name).toBe('AbortError')
      cancelled += error ? 1 : 0
    }
  }
  expect(cancelled).toBeGreaterThan(100)
  const counts = async (): Promise<{ waiting: number; active: number }> => (await caller.does('refresh')).queue
  await until(async () => (({ waiting, active }) => waiting + active === 0)(await counts()), 'the queue to be empty')
  expect(rig.witness().starts).toBeLessThanOrEqual(1)
  expect((await caller.call('add', [1, 2]).settled).value).toBe(3)
})

test("a foreign worker's check with `maxStalledCount: 1` does not start a lost call again", async () => {
  const rig = new Rig(redis)
  const [caller, machine] = await rig.open(1)
  const foreign = new Worker(rig.queue, null, { connection: connection(), stalledInterval: 300, maxStalledCount: 1 })
  foreign.on('error', () => undefined)
  opened.push(foreign)
  await foreign.startStalledCheckTimer()
  const call = caller.call('work', [rig.log, 60_000], { id: 'a' })
  await rig.started('a')
  const at = performance.now()
  machine.signal('SIGKILL')
  const other = rig.machine()
  await other.ready()
  expect((await call.settled).error).toMatchObject(LOST)
  expect(performance.now() - at).toBeLessThan(TOLD_WITHIN)
  const queue = new Queue(rig.queue, { connection: connection() })
  opened.push(queue)
  await until(async () => (await queue.getJobState('a')) === 'failed', 'a worker to fail it')
  expect(rig.witness()).toEqual({ starts: 1, overlaps: 0 })
})

test('a lost run of a repetition is not run again; its schedule goes on', async () => {
  const rig = new Rig(redis)
  const [caller, machine] = await rig.open(1)
  await caller.does('repeat', 'key', 'work', { every: 2000, args: [rig.log, 1000] })
  await until(() => rig.noted('start').length === 1, 'the first run')
  machine.signal('SIGKILL')
  const other = rig.machine()
  await other.ready()
  await until(() => rig.noted('end').length >= 2, 'two more runs')
  await caller.does('unrepeat', 'key')
  await until(async () => (await caller.does('failed')).length >= 1, 'the lost run to fail')
  expect((await caller.does('failed'))[0].error).toMatchObject({ ...LOST, worker: null })
  expect(rig.witness()).toEqual({ starts: 1, overlaps: 0 })
})

test('PostgreSQL: a lost call at the tail of a long queue: its caller is told in time', async () => {
  const rig = new Rig(await (postgres ??= startPostgres()))
  const [caller, machine] = await rig.open(1)
  const call = caller.call('work', [rig.log, 60_000], { id: 'a' })
  await rig.started('a')
  for (let n = 0; n < 300; n++) caller.call('work', [rig.log, 30_000], { id: `b${n}` }).settled.catch(() => undefined)
  const at = performance.now()
  machine.signal('SIGKILL')
  const other = rig.machine()
  await other.ready()
  expect((await call.settled).error).toMatchObject(LOST)
  expect(performance.now() - at).toBeLessThan(TOLD_WITHIN)
  expect(rig.witness()).toEqual({ starts: 1, overlaps: 0 })
})

test('PostgreSQL: 600 of 600 calls settle at a concurrency of 16', async () => {
  const rig = new Rig(await (postgres ??= startPostgres()))
  const caller = rig.caller()
  const machine = rig.machine({ processes: 2, prefetch: 14 })
  await Promise.all([caller.ready(), machine.ready()])
  const calls = Array.from({ length: 600 }, (_, n) => caller.call('add', [n, 1]))
  const values = (await Promise.all(calls.map((call) => call.settled))).map(({ value }) => value as number)
  expect(values).toEqual(Array.from({ length: 600 }, (_, n) => n + 1))
})

test('Redis keeps results for `keep` ms only', async () => {
  const rig = new Rig(redis)
  const [caller] = await rig.open(1, { keep: 1000 })
  const client = new Redis(redis.url)
  opened.push({ close: async () => client.disconnect() })
  const used = async (): Promise<number> => Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1])
  const before = await used()
  for (let round = 0; round < 4; round++) {
    const calls = Array.from({ length: 75 }, () => caller.call('bytes', [100_000]))
    for (const { value } of await Promise.all(calls.map((call) => call.settled))) expect(value).toBe(100_000)
  }
  const at = performance.now()
  await until(() => performance.now() - at > 1500, '`keep` to pass')
  await caller.call('add', [1, 2]).settled
  await until(async () => (await used()) - before < 15e6, 'most of the 40 MB of results to be gone')
})
