import 'reflect-metadata'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { threadId } from 'node:worker_threads'
import { Logger, type Type } from '@nestjs/common'
import { Test, type TestingModule } from '@nestjs/testing'
import { pools } from 'pebble-ts'
import { PebbleModule } from 'pebble-ts/nestjs'
import { failure } from '../support/until'
import { Logging, OfRequest, Prices, Reports, ReportsController, Transient, Unprovided } from './fixtures/reports'
import { BrokenModule, WorkerModule } from './fixtures/worker.module'

const folder = mkdtempSync(join(tmpdir(), 'pebble-nest-'))
process.env.CLOSED_FILE = join(folder, 'closed')
const open: TestingModule[] = []
afterEach(async () => {
  for (const app of open.splice(0)) await app.close()
  await pools.shutdown()
})
afterAll(() => {
  delete process.env.CLOSED_FILE
  rmSync(folder, { recursive: true })
})

async function create(worker: () => Type | Promise<Type> = () => WorkerModule): Promise<TestingModule> {
  const app = await Test.createTestingModule({
    imports: [PebbleModule.forRoot({ worker })],
    providers: [Prices, Reports, Unprovided, OfRequest, Transient, Logging],
    controllers: [ReportsController],
  }).compile()
  await app.init()
  open.push(app)
  return app
}

const messageOf = async (promise: Promise<unknown>): Promise<string> => (await failure(promise)).message

describe('the fields of `this` in a body', () => {
  it('are the data of the caller, and what is injected in the worker', async () => {
    const reports = (await create()).get(Reports)
    reports.tenant = 'acme'
    const [tenant, gross, place] = await reports.grossInThread(100)
    expect([tenant, gross]).toEqual(['acme', 150])
    expect(place).toMatch(new RegExp(`^${process.pid}/(?!${threadId}$)`))
  })

  it('are the same in a process', async () => {
    const reports = (await create()).get(Reports)
    const [tenant, gross, place] = await reports.grossInProcess(100)
    expect([tenant, gross]).toEqual(['none', 150])
    expect(place).not.toMatch(new RegExp(`^${process.pid}/`))
  })

  it('are those of one context, which all calls of a worker share', async () => {
    const app = await create()
    const places = await Promise.all([1, 2, 3].map((net) => app.get(Reports).grossInThread(net)))
    expect(await app.get(ReportsController).vat()).toBe(0.5)
    expect(places.map(([, gross]) => gross)).toEqual([1.5, 3, 4.5])
  })

  it('come from a module that is there later', async () => {
    const app = await create(() => Promise.resolve(WorkerModule))
    expect((await app.get(Reports).grossInThread(2))[1]).toBe(3)
  })

  it('belong to the application of the instance', async () => {
    const first = await create()
    await create(() => BrokenModule)
    expect((await first.get(Reports).grossInThread(2))[1]).toBe(3)
  })
})

describe('an instance that no application created', () => {
  it('uses the latest application that is open, also if another was closed twice', async () => {
    const first = await create(() => BrokenModule)
    await create()
    await first.close()
    await first.close()
    expect((await new Reports(new Prices()).grossInThread(2))[1]).toBe(3)
  })
})

describe('reading an injected field in a body says', () => {
  it('that the module does not provide the class', async () => {
    const app = await create()
    expect(await messageOf(app.get(Unprovided).vat())).toBe(
      '`this.prices` is not available inside `Unprovided.vat` of reports.ts: WorkerModule of worker.module.ts does not provide Unprovided. Add Unprovided to its providers, with what it injects.',
    )
  })

  it('that a class of the request has no instance in a worker', async () => {
    const app = await create()
    expect(await messageOf((await app.resolve(OfRequest)).vat())).toBe(
      '`this.prices` is not available inside `OfRequest.vat` of reports.ts: OfRequest depends on the request, and a worker has one instance of it. Only singletons have injected fields in a body: pass what it needs as an argument.',
    )
  })

  it('the same of a transient class', async () => {
    const app = await create()
    expect(await messageOf((await app.resolve(Transient)).vat())).toMatch(
      /: Transient is transient, and a worker has one instance of it\./,
    )
  })

  it('why the context could not be created', async () => {
    const app = await create(() => BrokenModule)
    const error = await failure(app.get(Reports).grossInThread(1))
    expect(error.message).toBe(
      '`this.prices` is not available inside `Reports.grossInThread` of reports.ts: the application context of BrokenModule of worker.module.ts could not be created in the worker.',
    )
    expect(error.cause).toMatchObject({ message: 'no database' })
  })

  it('that a module is missing', async () => {
    const reports = new Reports(new Prices())
    expect(await messageOf(reports.grossInThread(1))).toMatch(
      /: it is an instance of Prices and cannot be sent to a worker\. .*`PebbleModule\.forRoot\(\{ worker \}\)`\.$/,
    )
  })
})

describe('the context of a worker', () => {
  it('closes when the worker retires', async () => {
    const reports = (await create()).get(Reports)
    rmSync(join(folder, 'closed'), { force: true })
    await reports.grossInProcess(1)
    expect(existsSync(join(folder, 'closed'))).toBe(false)
    await pools.shutdown()
    expect(existsSync(join(folder, 'closed'))).toBe(true)
  })
})

describe("Nest's Logger", () => {
  it('is there in a body without any module, with its context', async () => {
    expect(await new Logging().context()).toBe('Logging')
  })

  it('has the log levels of the program', async () => {
    Logger.overrideLogger(['error'])
    try {
      expect(await new Logging().levels()).toEqual([true, true, false])
    } finally {
      Logger.overrideLogger(['log', 'error', 'warn', 'debug', 'verbose', 'fatal'])
    }
  })
})
