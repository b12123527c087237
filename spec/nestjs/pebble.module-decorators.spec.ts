import 'reflect-metadata'
import type { INestApplication } from '@nestjs/common'
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter'
import { ScheduleModule, SchedulerRegistry } from '@nestjs/schedule'
import { Test } from '@nestjs/testing'
import type { AddressInfo } from 'node:net'
import { callbacks, pools } from 'pebble-ts'
import { PebbleModule } from 'pebble-ts/nestjs'
import { Jobs, Places } from './fixtures/decorated'

let app: INestApplication

beforeAll(async () => {
  const imports = [ScheduleModule.forRoot(), EventEmitterModule.forRoot(), PebbleModule.forRoot({})]
  const module = await Test.createTestingModule({ imports, controllers: [Places], providers: [Jobs] }).compile()
  app = module.createNestApplication()
  await app.listen(0, '127.0.0.1')
})
afterAll(async () => {
  await app.close()
  await pools.shutdown({ timeout: 5000 }) // a call of @Interval may be under way
})

const inThread = (name: string): RegExp => new RegExp(`^${name} ${process.pid}/[1-9]\\d*$`)
const inProcess = (name: string): RegExp => new RegExp(`^${name} (?!${process.pid}/)\\d+/0$`)

/** The result of the next call that Nest makes. */
function nextResult(method: Exclude<keyof Jobs, 'name'>): Promise<string> {
  const jobs = app.get(Jobs)
  return new Promise((resolve, reject) => {
    const own = callbacks(jobs, method)
    own.callback = (_id, result) => resolve(result)
    own.errorCallback = (_id, error) => reject(error)
  })
}

test.each([
  ['above/7', inThread('7 places')],
  ['below/7', inProcess('7 places')],
  ['heavy', inProcess('places')],
  ['light', inThread('places')],
])('a handler of @Get runs in a worker: %s', async (path, expected) => {
  const { port } = app.getHttpServer().address() as AddressInfo
  const response = await fetch(`http://127.0.0.1:${port}/places/${path}`)
  expect(response.status).toBe(200)
  expect(await response.text()).toMatch(expected)
})

test('decorators of applyDecorators leave their metadata on the method', () => {
  const { heavy, light } = Places.prototype
  expect([Reflect.getMetadata('heavy', heavy), Reflect.getMetadata('light', light)]).toEqual([true, true])
})

test.each([
  ['cronAbove', 'above', inThread('jobs')],
  ['cronBelow', 'below', inProcess('jobs')],
] as const)('a job of @Cron runs in a worker: %s', async (method, name, expected) => {
  const result = nextResult(method)
  await app.get(SchedulerRegistry).getCronJob(name).fireOnTick()
  expect(await result).toMatch(expected)
})

test.each([
  ['intervalAbove', inProcess('jobs')],
  ['intervalBelow', inThread('jobs')],
] as const)('a method of @Interval runs in a worker: %s', async (method, expected) => {
  expect(await nextResult(method)).toMatch(expected)
})

test('listeners of @OnEvent run in workers', async () => {
  const results = (await app.get(EventEmitter2).emitAsync('happened', 'today')) as string[]
  expect(results).toEqual([
    expect.stringMatching(inThread('today jobs')),
    expect.stringMatching(inProcess('today jobs')),
  ])
})
