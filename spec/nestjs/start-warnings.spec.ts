import 'reflect-metadata'
import { Test } from '@nestjs/testing'
import { warnOfServices } from '../../src/nestjs/start-warnings'
import { warnings } from '../support/warnings'
import { BusyModule, WorkerModule } from './fixtures/worker.module'

it('warns of a context that has a scheduler or opens a server', async () => {
  const heard = warnings()
  const before = process.getActiveResourcesInfo()
  const app = await Test.createTestingModule({ imports: [BusyModule] }).compile()
  await app.init()
  warnOfServices(app, 'BusyModule', before)
  await app.close()
  const advice =
    'It runs in every worker, besides the application. Give `worker` a module of its own with only the services that bodies use.'
  expect(heard.map(({ message }) => message)).toEqual([
    `BusyModule, the \`worker\` of PebbleModule, imports @nestjs/schedule. ${advice}`,
    `BusyModule, the \`worker\` of PebbleModule, has opened a server. ${advice}`,
  ])
})

it('does not warn of services alone', async () => {
  const heard = warnings()
  const before = process.getActiveResourcesInfo()
  const app = await Test.createTestingModule({ imports: [WorkerModule] }).compile()
  warnOfServices(app, 'WorkerModule', before)
  await app.close()
  expect(heard).toEqual([])
})
