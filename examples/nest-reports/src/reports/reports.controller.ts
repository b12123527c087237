import { randomUUID } from 'node:crypto'
import {
  Controller,
  DefaultValuePipe,
  Delete,
  Get,
  HttpCode,
  type MessageEvent,
  Param,
  ParseIntPipe,
  Post,
  Query,
  Req,
  Sse,
  UnsupportedMediaTypeException,
} from '@nestjs/common'
import type { Request } from 'express'
import { map, type Observable } from 'rxjs'
import { type Report, ReportJobs } from './report-jobs.service'
import { ReportsRepository } from './reports.repository'
import type { MonthStatistics } from './statistics'
import { Uploads } from './uploads.service'

@Controller('reports')
export class ReportsController {
  constructor(
    private readonly jobs: ReportJobs,
    private readonly uploads: Uploads,
    private readonly repository: ReportsRepository,
  ) {}

  /** The body of the request is the file. It is not parsed here. */
  @Post()
  @HttpCode(202)
  async create(@Req() request: Request): Promise<Report> {
    if (!request.is('text/csv')) throw new UnsupportedMediaTypeException('Send the file as text/csv.')
    const id = randomUUID()
    const file = await this.uploads.save(id, request, Number(request.headers['content-length'] ?? 0))
    return this.jobs.start(id, file, () => void this.uploads.remove(file))
  }

  @Get(':id')
  get(@Param('id') id: string): Report {
    return this.jobs.get(id)
  }

  @Sse(':id/events')
  events(@Param('id') id: string): Observable<MessageEvent> {
    return this.jobs.events(id).pipe(map((report) => ({ data: report })))
  }

  @Get(':id/statistics')
  statistics(
    @Param('id') id: string,
    @Query('limit', new DefaultValuePipe(10), ParseIntPipe) limit: number,
  ): MonthStatistics[] {
    return this.repository.largest(id, Math.min(Math.max(limit, 1), 1_000))
  }

  @Delete(':id')
  @HttpCode(204)
  cancel(@Param('id') id: string): void {
    this.jobs.cancel(id)
  }
}
