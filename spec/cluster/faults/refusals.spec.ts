/** What users are told who have the wrong password, too few rights, or the wrong address: the reason of the engine, at once. */
import { writeFileSync } from 'node:fs'
import { Redis } from 'ioredis'
import { PoolError, type ProcessFuture } from 'pebble-ts'
import { QueuePool, QueueWorker } from 'pebble-ts/cluster'
import * as fixture from '../../fixtures/cluster/reports'
import '../../support/setup'
import { failure, settled } from '../../support/until'
import { ROOT, SECRET } from '../cluster-kit'
import { endEngines, freePort, startPostgres, startRedis } from './engines'

jest.setTimeout(60_000)
jest.spyOn(console, 'warn').mockImplementation(() => undefined) // ioredis, where INFO is not permitted

const urls: Record<string, string> = {}
beforeAll(async () => {
  await Promise.all([redisUrls(), postgresUrls()])
  const port = await freePort()
  urls.refused = `redis://127.0.0.1:${port}`
  urls['refused by PostgreSQL'] = `postgres://postgres@127.0.0.1:${port}/postgres`
  urls.unknown = 'redis://no-such-host.invalid'
})
afterAll(endEngines)

async function redisUrls(): Promise<void> {
  const redis = await startRedis('--requirepass', 'right')
  const host = new URL(redis.url).host
  const client = new Redis(`redis://:right@${host}`)
  await client.call('ACL', 'SETUSER', 'weak', 'on', '>weak', '~other:*', '+@all')
  await client.call('ACL', 'SETUSER', 'deaf', 'on', '>deaf', '~*', '+@all', 'resetchannels')
  await client.quit()
  urls.none = redis.url
  urls.wrong = `redis://:wrong@${host}`
  urls.weak = `redis://weak:weak@${host}`
  urls.deaf = `redis://deaf:deaf@${host}`
  urls.right = `redis://:right@${host}`
  urls.plain = `rediss://:right@${host}`
}

async function postgresUrls(): Promise<void> {
  const postgres = await startPostgres()
  const host = new URL(postgres.url).host
  for (const user of ['bob', 'tls', 'poor']) postgres.query(`CREATE ROLE ${user} LOGIN PASSWORD 'right'`)
  const rules = ['host all bob all scram-sha-256', 'hostssl all tls all trust', 'host all postgres,poor all trust']
  writeFileSync(postgres.query('SHOW hba_file').trim(), rules.join('\n'))
  postgres.query('SELECT pg_reload_conf()')
  urls['bob, wrong'] = `postgres://bob:wrong@${host}/postgres`
  urls['bob, none'] = `postgres://bob@${host}/postgres`
  urls['no TLS'] = `postgres://tls@${host}/postgres`
  urls['no database'] = `postgres://postgres@${host}/nothing`
  urls.poor = `postgres://poor@${host}/postgres`
}

function poolOf(which: string, connectTimeout = 30_000): QueuePool {
  return new QueuePool(`refused ${which}`, {
    connection: urls[which] as string,
    secret: SECRET,
    root: ROOT,
    connectTimeout,
  })
}
async function close(pool: QueuePool): Promise<void> {
  pool.stop()
  await settled(pool.join(), 'the pool to end')
}

describe.each<[string, RegExp]>([
  ['none', /NOAUTH .*Give the password in `connection`/],
  ['wrong', /WRONGPASS .*Correct the user and the password in `connection`\.$/],
  ['weak', /NOPERM .*rights that docs\/cluster\.md lists/],
  ['bob, wrong', /password authentication failed for user "bob" \(28P01\)\. Correct the user and the password/],
  ['bob, none', /client password must be a string\. Give the password/],
  ['no TLS', /no pg_hba\.conf entry .*no encryption \(28000\)\. It asks for TLS: add `\?sslmode=require`/],
  ['no database', /database "nothing" does not exist \(3D000\)\. Create the database/],
  ['poor', /permission denied .*\(42501\)\. Give the user/],
])('%s', (which, reason) => {
  it('is told by ready() of pool and worker, and by calls, long before the limit', async () => {
    const pool = poolOf(which)
    const worker = new QueueWorker(`refused ${which}`, {
      connection: urls[which] as string,
      secret: SECRET,
      root: ROOT,
      modules: ['spec/fixtures/cluster/reports.ts'],
      processes: 1,
    })
    const started = performance.now()
    const call: ProcessFuture<number> = pool.schedule(fixture.add, { args: [1, 2] })
    const errors = await Promise.all([pool.ready(), worker.ready(), call].map((each) => failure(each)))
    expect(performance.now() - started).toBeLessThan(15_000)
    for (const error of errors) {
      expect(error).toBeInstanceOf(PoolError)
      expect(error.message).toMatch(reason)
    }
    expect(errors[2]?.message).toMatch(/^`\(anonymous\)` of reports.ts could not be added to the queue: /)
    expect(errors[2]).not.toMatchObject({ mayHaveRun: true })
    await settled(worker.close())
    await close(pool)
  })
})

test('a user that may not listen to the channels is told by ready()', async () => {
  const pool = poolOf('deaf')
  expect((await failure(pool.ready())).message).toMatch(/NOPERM .*channels/)
  await close(pool)
})

test.each<[string, RegExp]>([
  ['refused', /ECONNREFUSED 127\.0\.0\.1:\d+\. Nothing listens there/],
  ['refused by PostgreSQL', /ECONNREFUSED 127\.0\.0\.1:\d+\. Nothing listens there/],
  ['unknown', /(?:ENOTFOUND|EAI_AGAIN) no-such-host\.invalid\. Correct the host/],
  ['plain', /did not answer within 1000 ms: .*TLS/],
])('%s: told after `connectTimeout`, because it may pass', async (which, reason) => {
  const pool = poolOf(which, 1_000)
  const call: ProcessFuture<number> = pool.schedule(fixture.add, { args: [1, 2] })
  const errors = await Promise.all([pool.ready(), call].map((each) => failure(each)))
  expect(errors[0]?.message).toMatch(reason)
  expect(errors[1]?.message).toMatch(/could not be added to the queue within 1000 ms/)
  await close(pool)
})

test('Redis that evicts keys is a warning, once, and BullMQ says nothing of it', async () => {
  const redis = await startRedis('--maxmemory-policy', 'allkeys-lru')
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  jest.mocked(console.warn).mockClear()
  const options = { connection: redis.url, secret: SECRET, root: ROOT }
  const pool = new QueuePool('evicts', options)
  const worker = new QueueWorker('evicts', { ...options, modules: ['spec/fixtures/cluster/reports.ts'], processes: 1 })
  await settled(Promise.all([pool.ready(), worker.ready()]))
  const ours = warn.mock.calls.filter(([text]) => String(text).includes('maxmemory-policy allkeys-lru'))
  expect(ours).toEqual([
    [expect.stringContaining('Set `maxmemory-policy noeviction`.'), { type: 'PebbleClusterWarning' }],
  ])
  expect(console.warn).not.toHaveBeenCalled()
  await settled(worker.close())
  await close(pool)
})
