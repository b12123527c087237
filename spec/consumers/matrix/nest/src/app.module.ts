import { Module } from '@nestjs/common'
import { PebbleModule } from 'pebble-ts/nestjs'
import { ReportsController } from './reports.controller.js'
import { ReportsModule } from './reports.module.js'
import { WorkerModule } from './worker.module.js'

@Module({
  imports: [
    PebbleModule.forRoot({
      pools: { reports: { kind: 'process', maxWorkers: 1 } },
      worker: () => WorkerModule,
    }),
    ReportsModule,
  ],
  controllers: [ReportsController],
})
export class AppModule {}
