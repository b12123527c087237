/** The application over HTTP, with real workers and a real database. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { request as httpRequest } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { INestApplication } from '@nestjs/common'
import { Test } from '@nestjs/testing'
import Database from 'better-sqlite3'
import request from 'supertest'
import { AppModule } from '../src/app.module'
import type { Report } from '../src/reports/report-jobs.service'
import { SAMPLE_ROWS } from '../src/reports/sample'
import { settings } from '../src/settings'
import { holdDatabase } from './hold-database'
import { outcomeOf, sampleText, statesOf, upload } from '../src/tools/client'

let app: INestApplication
let url: string
let database: Database.Database
const sample = sampleText(SAMPLE_ROWS)

beforeAll(async () => {
  const module = await Test.createTestingModule({ imports: [AppModule] }).compile()
  app = module.createNestApplication({ forceCloseConnections: true, logger: ['fatal'] })
  await app.listen(0, '127.0.0.1')
  url = await app.getUrl()
  database = new Database(join(settings.folder, 'reports.sqlite'), { readonly: true })
})
afterAll(async () => {
  database?.close()
  await app?.close()
})

const http = (): ReturnType<typeof request> => request(app.getHttpServer())
const uploads = (): string[] => readdirSync(join(settings.folder, 'uploads'))

/** How many rows of a report the database has, in both tables. */
const rowsOf = (id: string): number[] =>
  ['orders', 'statistics'].map(
    (table) => database.prepare(`SELECT count(*) FROM ${table} WHERE report = ?`).pluck().get(id) as number,
  )

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(10)
}

/** Uploads a sample, and does something at the first state of the phase. Returns the last state. */
async function during(phase: Report['phase'], csv: string, act: (report: Report) => unknown): Promise<Report> {
  const { id } = await upload(url, csv)
  let last: Report | undefined
  let acted = false
  for await (const report of statesOf(url, id)) {
    last = report
    if (acted || report.phase !== phase) continue
    acted = true
    await act(report)
  }
  expect(acted).toBe(true)
  return last!
}

describe('a report', () => {
  test('of 200,000 rows: its progress, its summary, its rows in the database', async () => {
    const { id, state } = await upload(url, sample)
    expect(state).toBe('queued')
    const states: Report[] = []
    for await (const report of statesOf(url, id)) states.push(report)
    const shares = states.map(({ progress }) => progress)
    expect(states.length).toBeGreaterThan(50)
    expect([...shares].sort((a, b) => a - b)).toEqual(shares)
    expect(new Set(states.map(({ phase }) => phase))).toEqual(new Set([undefined, 'reading', 'computing', 'saving']))
    expect(states.at(-1)).toMatchObject({
      id,
      state: 'done',
      progress: 1,
      summary: { orders: 200_000, customers: 250 },
    })
    expect(states.at(-1)!.pid).not.toBe(process.pid)
    expect(rowsOf(id)).toEqual([200_000, 250 * 12])

    await http().get(`/reports/${id}`).expect(200, states.at(-1))
    const { body } = await http().get(`/reports/${id}/statistics?limit=3`).expect(200)
    expect(body).toHaveLength(3)
    expect(body[0]).toEqual(
      database
        .prepare('SELECT customer, month, orders, total, p50, p90, p99 FROM statistics ORDER BY total DESC')
        .get(),
    )
    expect(await outcomeOf(url, id)).toEqual(states.at(-1)) // a page that comes late
    await until(() => uploads().length === 0)
  })

  test('the server answers while it runs', async () => {
    let answers = 0
    const { id } = await upload(url, sample)
    const report = outcomeOf(url, id)
    let ended = false
    void report.finally(() => (ended = true))
    while (!ended) {
      await http().get('/health').expect(200)
      answers++
    }
    expect(await report).toMatchObject({ state: 'done' })
    expect(answers).toBeGreaterThan(20) // if the body blocked the server, two
  })

  test('can be cancelled, and keeps nothing', async () => {
    using _held = holdDatabase(settings.folder)
    const report = await during('computing', sample, ({ id }) => http().delete(`/reports/${id}`).expect(204))
    expect(report).toMatchObject({
      state: 'failed',
      failure: { kind: 'cancelled', message: 'The report was cancelled.' },
    })
    expect(rowsOf(report.id)).toEqual([0, 0])
    await http().delete(`/reports/${report.id}`).expect(409)
    await until(() => uploads().length === 0)
  })

  test('whose worker dies while it saves fails, keeps nothing, and the next one has a new worker', async () => {
    const large = sampleText(2 * SAMPLE_ROWS)
    const report = await during('saving', large, ({ pid }) => process.kill(pid!, 'SIGKILL'))
    const message = 'The worker process crashed. It was killed by SIGKILL.'
    expect(report.failure).toEqual({ kind: 'crash', message, exitCode: null, signal: 'SIGKILL' })
    expect(rowsOf(report.id)).toEqual([0, 0])
    const next = await outcomeOf(url, (await upload(url, sampleText(100))).id)
    expect(next).toMatchObject({ state: 'done', summary: { orders: 100 } })
    expect(next.pid).not.toBe(report.pid)
  })

  test('of a wrong file fails with the line', async () => {
    const { id } = await upload(url, `${sampleText(10)}2025-01-01,Ann,Assam,many,1.00\n`)
    const message = 'Line 12: expected a quantity such as 3, got “many”.'
    expect(await outcomeOf(url, id)).toMatchObject({ state: 'failed', failure: { kind: 'input', message } })
  })
})

describe('an upload', () => {
  test('of another type is refused', async () => {
    await http().post('/reports').send({ rows: [] }).expect(415)
  })

  test('that is too large is refused', async () => {
    await http().post('/reports').set('content-length', '50000001').type('text/csv').expect(413)
  })

  test('that ends too early leaves no file', async () => {
    const headers = { 'content-type': 'text/csv', 'content-length': sample.length }
    const client = httpRequest(`${url}/reports`, { method: 'POST', headers }).on('error', () => {})
    client.write(sample.slice(0, 100_000))
    await until(() => uploads().length === 1)
    client.destroy()
    await until(() => uploads().length === 0)
  })
})

test.each(['/reports/none', '/reports/none/events'])('%s is not found', async (path) => {
  await http().get(path).expect(404)
})

test('the sample is a file of 200,000 orders', async () => {
  const { text } = await http()
    .get('/sample.csv')
    .buffer()
    .expect('content-type', 'text/csv; charset=utf-8')
    .expect(200)
  expect(text === sample).toBe(true)
})
