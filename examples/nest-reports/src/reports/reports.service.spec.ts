/** The body with a mocked repository, in eager mode: it runs in this process, on the instance that Nest has made. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Test, type TestingModule } from '@nestjs/testing'
import { configure } from 'pebble-ts'
import { PebbleModule } from 'pebble-ts/nestjs'
import { settings } from '../settings'
import { ReportsModule } from './reports.module'
import { ReportsRepository } from './reports.repository'
import { ReportsService } from './reports.service'

const save = jest.fn()
const file = join(settings.folder, 'orders.csv')
let app: TestingModule
let reports: ReportsService

beforeAll(async () => {
  configure({ eager: true })
  app = await Test.createTestingModule({
    imports: [PebbleModule.forRoot({ pools: { reports: { kind: 'process', maxWorkers: 1 } } }), ReportsModule],
  })
    .overrideProvider(ReportsRepository)
    .useValue({ save })
    .compile()
  await app.init()
  reports = app.get(ReportsService)
})
afterEach(() => save.mockReset())
afterAll(async () => {
  await app.close()
  configure({ eager: false })
})

const ORDERS = [
  'date,customer,product,quantity,price',
  '2025-01-02,Ann,Assam,2,1.50',
  '2025-01-03,Ann,Assam,1,1.00',
  '2025-02-03,Zoë,Oolong,1,5.00',
]

test('saves the orders and their statistics, and returns a summary', async () => {
  writeFileSync(file, ORDERS.join('\n'))
  expect(await reports.create('r1', file)).toEqual({ orders: 3, customers: 2, months: 2, total: 900 })
  expect(save.mock.calls).toEqual([
    [
      'r1',
      [
        { date: '2025-01-02', customer: 'Ann', product: 'Assam', quantity: 2, amount: 300 },
        { date: '2025-01-03', customer: 'Ann', product: 'Assam', quantity: 1, amount: 100 },
        { date: '2025-02-03', customer: 'Zoë', product: 'Oolong', quantity: 1, amount: 500 },
      ],
      [
        { customer: 'Ann', month: '2025-01', orders: 2, total: 400, p50: 100, p90: 300, p99: 300 },
        { customer: 'Zoë', month: '2025-02', orders: 1, total: 500, p50: 500, p90: 500, p99: 500 },
      ],
      expect.any(Function),
    ],
  ])
})

test('saves nothing of a file with an error', async () => {
  writeFileSync(file, [...ORDERS, '2025-02-03,Zoë'].join('\n'))
  await expect(reports.create('r3', file)).rejects.toThrow('Line 5: expected 5 fields, got 2.')
  expect(save).not.toHaveBeenCalled()
})

test('fails if the database does', async () => {
  writeFileSync(file, ORDERS.join('\n'))
  save.mockImplementation(() => {
    throw new Error('disk full')
  })
  await expect(reports.create('r4', file)).rejects.toThrow('disk full')
})
