import { Module } from '@nestjs/common'
import { ReportsModule } from './reports.module'

/** The module of each worker: no controllers, no pools, no running reports. */
@Module({ imports: [ReportsModule] })
export class ReportsWorkerModule {}
