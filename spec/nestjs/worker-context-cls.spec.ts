/** The store of nestjs-cls, with the real package: it follows calls by the one line of `fixtures/cls.ts`. */
import 'reflect-metadata'
import type { AddressInfo } from 'node:net'
import type { Server } from 'node:http'
import type { INestApplication } from '@nestjs/common'
import { Test } from '@nestjs/testing'
import { CLS_ID, CLS_REQ, ClsServiceManager, type ClsStore } from 'nestjs-cls'
import { pools } from 'pebble-ts'
import { PebbleModule } from 'pebble-ts/nestjs'
import { failure } from '../support/until'
import { Titles, TitlesController, TitlesModule, type Seen } from './fixtures/cls-app'

const cls = ClsServiceManager.getClsService()
let app: INestApplication
let url: string

beforeAll(async () => {
  const module = await Test.createTestingModule({
    imports: [PebbleModule.forRoot({ worker: () => TitlesModule }), TitlesModule],
    controllers: [TitlesController],
  }).compile()
  app = module.createNestApplication()
  await app.listen(0, '127.0.0.1')
  url = `http://127.0.0.1:${((app.getHttpServer() as Server).address() as AddressInfo).port}`
})
afterAll(async () => {
  await app.close()
  await pools.shutdown()
})

async function get<T>(path: string, id: string, tenant: string): Promise<T> {
  const response = await fetch(`${url}/${path}`, { headers: { 'x-id': id, 'x-tenant': tenant } })
  expect(response.status).toBe(200)
  return (await response.json()) as T
}

const seenBy = (id: string, tenant: string): Seen => ({ id, tenant, plan: `plan of ${tenant}` })

describe.each(['inThread', 'inProcess', 'stream'])('the context of a request, %s', (way) => {
  test('is what the body reads by the injected service, getId() included', async () => {
    const seen = await get<Seen[]>(`titles/${way}`, 'r1', 'acme')
    expect(seen).toEqual(seen.map(() => seenBy('r1', 'acme')))
    expect(seen.length).toBeGreaterThanOrEqual(3)
  })

  test('is not that of another request that is served at the same time', async () => {
    const requests = Array.from({ length: 40 }, async (_unused, n) => {
      const [id, tenant] = [`r${n}`, n % 2 === 0 ? 'acme' : 'globex']
      const seen = await get<Seen[]>(`titles/${way}`, id, tenant)
      return seen.filter((each) => JSON.stringify(each) !== JSON.stringify(seenBy(id, tenant)))
    })
    expect((await Promise.all(requests)).flat()).toEqual([])
  })
})

test('elements of a map have the context of the request', async () => {
  expect(await get('titles/map', 'r7', 'acme')).toEqual(['r7 1', 'r7 2'])
})

test('the request itself does not cross, and a body that reads it is told so', async () => {
  class IncomingMessage {
    readonly socket = this
  }
  const store = { [CLS_REQ]: new IncomingMessage(), tenant: 'acme' } as ClsStore
  const error = await failure(cls.runWith(store, async () => app.get(Titles).request()))
  expect(error.message).toContain('`Symbol(CLS_REQ)` of the propagated store is not available in a worker')
})

test('what a body changes stays in the worker', async () => {
  const titles = app.get(Titles)
  const store = { [CLS_ID]: 'r8', tenant: 'acme' } as ClsStore
  const seen = await cls.runWith(store, async () => [await titles.change(), cls.get('tenant'), await titles.inThread()])
  expect(seen).toEqual(['changed', 'acme', { id: 'r8', tenant: 'acme' }])
})

test('outside of any request a body has no context', async () => {
  expect(await app.get(Titles).inThread()).toEqual({})
})
