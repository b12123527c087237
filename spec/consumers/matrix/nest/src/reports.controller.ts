import { Body, Controller, Post } from '@nestjs/common'
import { ReportsService, type Total } from './reports.service.js'

@Controller('reports')
export class ReportsController {
  constructor(private readonly reports: ReportsService) {}

  @Post()
  async create(@Body() body: { articles: string[] }): Promise<Total> {
    return this.reports.inProcess(body.articles)
  }
}
