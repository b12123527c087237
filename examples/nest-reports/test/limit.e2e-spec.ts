/** The limit of a report. The decorator reads it when the class is loaded, so it is set before the imports. */
process.env['REPORT_LIMIT'] = '100'
import type { INestApplication } from '@nestjs/common'
import { Test } from '@nestjs/testing'
import { AppModule } from '../src/app.module'
import { SAMPLE_ROWS } from '../src/reports/sample'
import { outcomeOf, sampleText, upload } from '../src/tools/client'

let app: INestApplication

beforeAll(async () => {
  const module = await Test.createTestingModule({ imports: [AppModule] }).compile()
  app = module.createNestApplication({ forceCloseConnections: true, logger: ['fatal'] })
  await app.listen(0, '127.0.0.1')
})
afterAll(() => app?.close())

test('stops a report that takes too long', async () => {
  const url = await app.getUrl()
  const { id } = await upload(url, sampleText(SAMPLE_ROWS))
  const message = 'The report was stopped because it took longer than 0.1 s, its limit.'
  expect(await outcomeOf(url, id)).toMatchObject({ state: 'failed', failure: { kind: 'limit', message } })
})
