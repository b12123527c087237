/** Nest 12 with vitest, as its template has them. */
import { writeFileSync } from 'node:fs'
import { Test } from '@nestjs/testing'
import { PebbleModule } from 'pebble-ts/nestjs'
import { facts } from './src/facts.js'
import { ReportsModule } from './src/reports.module.js'
import { ReportsService } from './src/reports.service.js'
import { WorkerModule } from './src/worker.module.js'

declare function test(title: string, body: () => Promise<void>): void

test('calls go to workers', async () => {
  const pools = { reports: { kind: 'process' as const, maxWorkers: 1 } }
  const pebble = PebbleModule.forRoot({ pools, worker: () => WorkerModule })
  const app = await Test.createTestingModule({ imports: [pebble, ReportsModule] }).compile()
  await app.init()
  const reports = app.get(ReportsService)
  writeFileSync('facts.json', JSON.stringify(await facts(reports, (articles) => reports.inProcess(articles))))
  await app.close()
})
