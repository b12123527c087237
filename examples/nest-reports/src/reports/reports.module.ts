import { Module } from '@nestjs/common'
import { ReportsRepository } from './reports.repository'
import { ReportsService } from './reports.service'

/** What the application and its workers share. */
@Module({
  providers: [ReportsRepository, ReportsService],
  exports: [ReportsRepository, ReportsService],
})
export class ReportsModule {}
