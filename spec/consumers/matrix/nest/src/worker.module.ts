import { Module } from '@nestjs/common'
import { ReportsModule } from './reports.module.js'

@Module({ imports: [ReportsModule] })
export class WorkerModule {}
