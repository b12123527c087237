import 'reflect-metadata'
import { Injectable, Module } from '@nestjs/common'
import { Test, type TestingModule } from '@nestjs/testing'
import { pools, ProcessPool, ThreadPool, type PebbleError } from 'pebble-ts'
import { getPoolToken, InjectPool, PebbleModule } from 'pebble-ts/nestjs'
import { Prices, Reports } from './fixtures/reports'

@Injectable()
class Client {
  constructor(
    @InjectPool('reports') readonly reports: ThreadPool,
    @InjectPool('images') readonly images: ProcessPool,
  ) {}
}

const open: TestingModule[] = []
afterEach(async () => {
  for (const app of open.splice(0)) await app.close()
  await pools.shutdown({ timeout: 0 })
})

/** An application with the two pools. */
async function create(options: Parameters<typeof PebbleModule.forRoot>[0] = {}): Promise<TestingModule> {
  const all = { reports: { kind: 'thread', maxWorkers: 1 }, images: { kind: 'process', maxWorkers: 2 } } as const
  return compile(PebbleModule.forRoot({ pools: all, ...options }))
}

async function compile(...imports: Parameters<typeof Module>[0]['imports'] & object): Promise<TestingModule> {
  const app = await Test.createTestingModule({ imports, providers: [Client, Prices, Reports] }).compile()
  await app.init()
  open.push(app)
  return app
}

describe('PebbleModule', () => {
  it('injects the pools by name, which the registry knows as well', async () => {
    const app = await create()
    const { reports, images } = app.get(Client)
    expect(reports).toBeInstanceOf(ThreadPool)
    expect(images).toBeInstanceOf(ProcessPool)
    expect(pools.get('reports')).toBe(reports)
    expect(app.get(getPoolToken('images'))).toBe(images)
    expect(images.name).toBe('images')
  })

  it('runs decorated methods in the named pool', async () => {
    const app = await create()
    await app.get(Reports).named()
    expect(app.get(Client).reports.stats().settled).toBe(1)
  })

  it('closes and joins the pools when the application shuts down', async () => {
    const app = await create()
    const { reports } = app.get(Client)
    const future = app.get(Reports).named()
    await app.close()
    expect(await future).toMatch(/-/)
    expect(reports.stats()).toMatchObject({ state: 'closed', workers: 0 })
    expect(pools.get('reports')).toBeUndefined()
  })

  it('stops what is left after `shutdownTimeout`', async () => {
    const app = await create({ shutdownTimeout: 1 })
    const { reports } = app.get(Client)
    const future = app.get(Reports).forever()
    const failure = future.then(
      () => undefined,
      (error: PebbleError) => error.name,
    )
    await app.close()
    expect(await failure).toBe('AbortError')
    expect(reports.stats()).toMatchObject({ state: 'stopped', workers: 0 })
  })

  it('lets several applications use the same names', async () => {
    const first = await create()
    const second = await create()
    expect(pools.get('reports')).toBe(second.get(Client).reports)
    await second.close()
    expect(pools.get('reports')).toBe(first.get(Client).reports)
  })

  it('refuses two pools of one name in one application', async () => {
    const again = PebbleModule.forRoot({ pools: { reports: { kind: 'thread' }, images: { kind: 'process' } } })
    const other = PebbleModule.forRoot({ pools: { reports: { kind: 'thread' } } })
    await expect(compile(again, other)).rejects.toThrow(
      "Two PebbleModules of this application define a pool 'reports'. Define it once, and inject it with @InjectPool('reports').",
    )
  })

  it('takes its options from a factory', async () => {
    @Module({ providers: [{ provide: 'workers', useValue: 3 }], exports: ['workers'] })
    class Config {}
    const app = await compile(
      PebbleModule.forRootAsync({
        imports: [Config],
        inject: ['workers'],
        useFactory: async (maxWorkers: number) => ({
          pools: { reports: { kind: 'thread', maxWorkers, maxQueue: 0 }, images: { kind: 'process' } },
        }),
      }),
    )
    expect(app.get(Client).reports).toBe(pools.get('reports'))
  })

  it('says which pool a factory does not define', async () => {
    const app = await compile(
      PebbleModule.forRootAsync({ useFactory: () => ({ pools: { images: { kind: 'process' } } }) }),
    )
    expect(() => app.get(Client).reports.stats()).toThrow(
      "PebbleModule.forRootAsync() defines no pool 'reports' (it defines 'images'). Add it to the `pools` that `useFactory` returns.",
    )
  })

  it.each([
    [{ pool: {} }, 'Unknown option `pool`; did you mean `pools`?'],
    [
      { pools: { a: { kind: 'thread', maxWorker: 1 } } },
      'Unknown option `pools.a.maxWorker`; did you mean `pools.a.maxWorkers`?',
    ],
    [{ pools: { a: {} } }, 'Expected `pools.a.kind` to be "thread", "process" or "queue", got `undefined` (undefined)'],
    [
      { shutdownTimeout: '5s' },
      'Expected `shutdownTimeout` to be a number, at least 0, got `"5s"` (string); it is in milliseconds',
    ],
  ])('refuses %j', (options, message) => {
    expect(() => PebbleModule.forRoot(options as never)).toThrow(message)
  })

  it('refuses a `worker` that returns no class', async () => {
    const dynamic = { module: class Other {} }
    await expect(create({ worker: () => dynamic as never })).rejects.toThrow(
      'Expected `worker` of PebbleModule to return a module class, because workers find it by its name.',
    )
  })
})
