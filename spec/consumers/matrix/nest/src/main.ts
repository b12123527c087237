import 'reflect-metadata'
import { NestFactory } from '@nestjs/core'
import { isWorker } from 'pebble-ts'
import { AppModule } from './app.module.js'
import { facts } from './facts.js'
import { ReportsService, type Total } from './reports.service.js'

async function bootstrap(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ['log', 'warn', 'error'] })
  await app.listen(0, '127.0.0.1')
  const url = `${await app.getUrl()}/reports`
  const post = async (articles: string[]): Promise<Total> => {
    const headers = { 'content-type': 'application/json', connection: 'close' }
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ articles }) })
    return (await response.json()) as Total
  }
  const seen = await facts(app.get(ReportsService), post)
  await app.close()
  console.log(JSON.stringify(seen))
}

if (!isWorker()) void bootstrap()
