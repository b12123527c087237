import 'reflect-metadata'
import { HealthCheckService, TerminusModule, type HealthCheckResult } from '@nestjs/terminus'
import { Test, type TestingModule } from '@nestjs/testing'
import { pools } from 'pebble-ts'
import { PebbleHealthIndicator, PebbleModule, type PoolHealthOptions } from 'pebble-ts/nestjs'
import { until } from '../support/until'
import { Prices, Reports } from './fixtures/reports'

let app: TestingModule
beforeEach(async () => {
  const pebble = PebbleModule.forRoot({ pools: { reports: { kind: 'thread', maxWorkers: 1 } }, shutdownTimeout: 0 })
  const terminus = TerminusModule.forRoot({ logger: false })
  app = await Test.createTestingModule({ imports: [pebble, terminus], providers: [Prices, Reports] }).compile()
  await app.init()
})
afterEach(async () => {
  await app.close()
  await pools.shutdown({ timeout: 0 })
})

/** What Terminus answers; it throws for an unhealthy pool. */
async function check(key: string, options?: PoolHealthOptions): Promise<HealthCheckResult> {
  const pebble = app.get(PebbleHealthIndicator)
  try {
    return await app.get(HealthCheckService).check([() => pebble.isHealthy(key, options)])
  } catch (error) {
    return (error as { getResponse(): HealthCheckResult }).getResponse()
  }
}

describe('PebbleHealthIndicator, in Terminus', () => {
  it('is up for a pool that works', async () => {
    const details = { state: 'running', workers: 0, running: 0, queued: 0, oldestQueued: 0 }
    expect(await check('reports', { maxWait: 10 })).toMatchObject({
      status: 'ok',
      info: { reports: { status: 'up', ...details } },
    })
  })

  it('is down once the oldest call has waited too long', async () => {
    const reports = app.get(Reports)
    const futures = [reports.forever(), reports.named()]
    for (const future of futures) future.catch(() => undefined)
    await until(async () => (await check('reports', { maxWait: 50 })).status === 'error', 'a pool that is down')
    expect(await check('reports', { maxWait: 1 })).toMatchObject({
      error: {
        reports: {
          status: 'down',

          message: expect.stringMatching(/^The oldest call has waited \d+ ms for a worker \(maxWait: 1\)\.$/),
        },
      },
    })
    expect(await check('reports', { maxWait: 100_000 })).toMatchObject({ status: 'ok' })
  })

  it('is down for a pool that was closed', async () => {
    pools.get('reports')?.close()
    expect(await check('reports')).toMatchObject({
      error: { reports: { status: 'down', message: 'The pool is closed.' } },
    })
  })

  it('is down for a pool that does not exist', async () => {
    expect(await check('queue', { pool: 'images' })).toMatchObject({
      error: { queue: { status: 'down', message: "No pool is registered as 'images'." } },
    })
  })

  it('refuses unknown options', () => {
    const options = { maxwait: 5 } as PoolHealthOptions
    expect(() => app.get(PebbleHealthIndicator).isHealthy('reports', options)).toThrow(
      'Unknown option `maxwait`; did you mean `maxWait`?',
    )
  })
})
