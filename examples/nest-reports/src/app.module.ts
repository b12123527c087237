import { join } from 'node:path'
import { type MiddlewareConsumer, Module, type NestModule } from '@nestjs/common'
import { TerminusModule } from '@nestjs/terminus'
import * as express from 'express'
import { PebbleModule } from 'pebble-ts/nestjs'
import { HealthController } from './health/health.controller'
import { ReportJobs } from './reports/report-jobs.service'
import { ReportsController } from './reports/reports.controller'
import { ReportsModule } from './reports/reports.module'
import { ReportsWorkerModule } from './reports/reports-worker.module'
import { SampleController } from './reports/sample.controller'
import { Uploads } from './reports/uploads.service'

@Module({
  imports: [
    PebbleModule.forRoot({
      pools: { reports: { kind: 'process', maxWorkers: 2, maxQueue: 20, context: { nice: 10 } } }, // requests go first
      worker: () => ReportsWorkerModule,
    }),
    ReportsModule,
    TerminusModule,
  ],
  controllers: [ReportsController, SampleController, HealthController],
  providers: [ReportJobs, Uploads],
})
export class AppModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(express.static(join(__dirname, '..', 'public'))).forRoutes('/')
  }
}
