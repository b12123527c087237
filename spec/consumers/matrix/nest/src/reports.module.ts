import { Module } from '@nestjs/common'
import { PricesRepository } from './prices.repository.js'
import { ReportsService } from './reports.service.js'

@Module({ providers: [PricesRepository, ReportsService], exports: [ReportsService] })
export class ReportsModule {}
