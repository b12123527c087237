import 'reflect-metadata'
import { NestFactory } from '@nestjs/core'
import type { NestExpressApplication } from '@nestjs/platform-express'
import { isWorker } from 'pebble-ts'
import { AppModule } from './app.module'
import { settings } from './settings'

async function bootstrap(): Promise<void> {
  // An event stream never ends by itself: without `forceCloseConnections`, the shutdown waits for every open page.
  const app = await NestFactory.create<NestExpressApplication>(AppModule, { forceCloseConnections: true })
  app.enableShutdownHooks()
  await app.listen(settings.port, '127.0.0.1')
  console.log(`Open ${await app.getUrl()} (process ${process.pid})`)
}

if (!isWorker()) void bootstrap()
