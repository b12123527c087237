import { Logger, NotFoundException } from '@nestjs/common'
import { Future } from 'pebble-ts'
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs'
import { CsvError } from './csv.error'
import { ReportJobs } from './report-jobs.service'
import type { ReportsService, Summary } from './reports.service'

const summary: Summary = { orders: 1, customers: 1, months: 1, total: 1 }
const create = jest.fn<Future<Summary>, []>()
const jobs = new ReportJobs({ create } as unknown as ReportsService)

beforeAll(() => Logger.overrideLogger(false))
beforeEach(() => create.mockImplementation(() => Future.resolve(summary) as Future<Summary>))

const ended = (id: string): Promise<void> => new Promise((resolve) => void jobs.start(id, `${id}.csv`, resolve))

test('tells the end, also to subscribers that come later, and then releases the file', async () => {
  const onEnd = jest.fn()
  jobs.start('r1', 'r1.csv', onEnd)
  expect(create).toHaveBeenLastCalledWith('r1', 'r1.csv')
  expect(onEnd).not.toHaveBeenCalled()
  const states = await lastValueFrom(jobs.events('r1').pipe(toArray()))
  expect(states.map(({ state }) => state)).toEqual(['queued', 'done'])
  expect(await firstValueFrom(jobs.events('r1'))).toEqual(jobs.get('r1'))
  expect(jobs.get('r1')).toMatchObject({ state: 'done', progress: 1, summary })
  expect(onEnd).toHaveBeenCalledTimes(1)
})

test('tells why a report has failed', async () => {
  create.mockImplementation(() => Future.reject(new CsvError('Line 2')) as Future<Summary>)
  await ended('r2')
  expect(jobs.get('r2')).toMatchObject({ state: 'failed', failure: { kind: 'input', message: 'Line 2' } })
})

test('refuses to cancel what has ended', async () => {
  await ended('r3')
  expect(() => jobs.cancel('r3')).toThrow('Report r3 has ended.')
})

test('forgets the oldest reports that have ended', async () => {
  await ended('oldest')
  for (let n = 0; n < 1_000; n++) await ended(`n${n}`)
  expect(() => jobs.get('oldest')).toThrow(NotFoundException)
  expect(jobs.get('n0')).toMatchObject({ state: 'done' })
})
