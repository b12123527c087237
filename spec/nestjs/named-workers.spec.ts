import 'reflect-metadata'
import { join } from 'node:path'
import { Test, type TestingModule } from '@nestjs/testing'
import { pools, type ProcessFuture } from 'pebble-ts'
import { PebbleHealthIndicator, PebbleModule, type PebbleModuleOptions } from 'pebble-ts/nestjs'
import { describeWithEngine, queueName, type Engine } from '../cluster/services'
import { Gate } from '../support/gate'
import { LiveProgram } from '../support/live-program'
import { settled, until } from '../support/until'
import { FarReports, FarWorkerModule } from './fixtures/far'
import { Prices } from './fixtures/reports'

const ROOT = join(__dirname, '..', '..')
const MODULE = join(__dirname, 'fixtures', 'far.ts')
const SECRET = 'of the spec'

const open: TestingModule[] = []
afterEach(async () => {
  for (const app of open.splice(0)) await app.close()
  await pools.shutdown({ timeout: 0 })
})

async function create(options: PebbleModuleOptions): Promise<TestingModule> {
  const pebble = PebbleModule.forRoot({ worker: () => FarWorkerModule, ...options })
  const app = await Test.createTestingModule({ imports: [pebble], providers: [Prices, FarReports] }).compile()
  await app.init()
  open.push(app)
  return app
}

function optionsFor(queue: string, { url }: Engine) {
  const common = { queue, connection: url, secret: SECRET, root: ROOT, lease: 5000 }
  return {
    pools: { far: { kind: 'queue', ...common } },
    workers: { far: { modules: [MODULE], processes: 1, ...common } },
  } as const
}

describeWithEngine('redis', (engine) => {
  it('a pool and a worker of one queue: bodies run in its processes, with injected fields', async () => {
    const app = await create(optionsFor(queueName(), engine()))
    const reports = app.get(FarReports)
    reports.tenant = 'acme'
    const [tenant, gross, pid] = await settled(reports.gross(100))
    expect([tenant, gross]).toEqual(['acme', 150])
    expect(pid).not.toBe(process.pid)
    expect(pools.get('far')?.kind).toBe('process')
  })

  it('a worker on another machine gives bodies their injected fields, too', async () => {
    const queue = queueName()
    process.env['PEBBLE_SECRET'] = SECRET
    const args = ['work', MODULE, '--queue', queue, '--connection', engine().url, '--processes', '1']
    const worker = new LiveProgram(join(ROOT, 'dist', 'cli.js'), args)
    await until(() => worker.stdout.includes(' is ready'), `the worker to be ready ${worker.stderr}`)
    const { pools: named } = optionsFor(queue, engine())
    const app = await create({ pools: named })
    expect((await settled(app.get(FarReports).gross(10)))[1]).toBe(15)
    worker.signal('SIGTERM')
    expect((await worker.end()).exitCode).toBe(0)
  })

  it('shutdown waits for the bodies that run, and takes no more calls', async () => {
    const app = await create(optionsFor(queueName(), engine()))
    const gate = new Gate()
    const running = app.get(FarReports).waitAt(gate.path)
    await gate.whenArrived()
    const closed = app.close()
    gate.open()
    await closed
    expect(await settled(running)).toBe('passed')
  })

  it('after `shutdownTimeout` the worker stops its bodies, and their callers are told', async () => {
    const queue = queueName()
    const { pools: named, workers } = optionsFor(queue, engine())
    const caller = await create({ pools: named })
    const machine = await create({ workers, shutdownTimeout: 50 })
    const gate = new Gate()
    const running = caller.get(FarReports).waitAt(gate.path)
    const failed = running.catch((error: Error) => error.message)
    await gate.whenArrived()
    await machine.close()
    expect(await settled(failed)).toMatch(/stopped `waitAt` of far\.ts: it was shut down \(limit `drain: 50`\)/)
  })

  it('after `shutdownTimeout` calls of the application go on', async () => {
    const queue = queueName()
    const { pools: named, workers } = optionsFor(queue, engine())
    await create({ workers })
    const caller = await create({ pools: named, shutdownTimeout: 50 })
    const gate = new Gate()
    const running = caller.get(FarReports).waitAt(gate.path) as ProcessFuture<string>
    await gate.whenArrived()
    await caller.close()
    expect(running.done()).toBe(false)
    gate.open()
    expect(await settled(running)).toBe('passed')
  })

  it('the health indicator has the numbers of the queue', async () => {
    const app = await create(optionsFor(queueName(), engine()))
    const health = app.get(PebbleHealthIndicator)
    await until(async () => {
      const { far } = await health.isHealthy('far', { maxAnswer: 30_000 })
      return far?.status === 'up' && (far['queue'] as { workers: number } | null)?.workers === 1
    }, 'the worker to be counted')
  })
})

it('the health indicator is down if the queue does not answer', async () => {
  const far = { kind: 'queue', connection: 'redis://127.0.0.1:1', secret: false, root: ROOT } as const
  const app = await create({ pools: { far }, shutdownTimeout: 0 })
  expect(await app.get(PebbleHealthIndicator).isHealthy('far', { maxAnswer: 50 })).toMatchObject({
    far: { status: 'down', message: 'The queue has not answered within 50 ms.', state: 'running' },
  })
})

it.each([
  [{ pools: { far: { kind: 'queue', maxWorkers: 1 } } }, 'Unknown option `pools.far.maxWorkers`'],
  [{ workers: { far: { modules: 'far.js' } } }, 'Expected `workers.far.modules` to be an array of paths or URLs'],
  [{ workers: { far: { kind: 'queue' } } }, 'Unknown option `workers.far.kind`'],
])('refuses %j', (options, message) => {
  expect(() => PebbleModule.forRoot(options as never)).toThrow(message)
})
