import { Readable } from 'node:stream'
import { Controller, DefaultValuePipe, Get, ParseIntPipe, Query, StreamableFile } from '@nestjs/common'
import { SAMPLE_ROWS, sampleOrders } from './sample'

const MOST_ROWS = 1_000_000

@Controller('sample.csv')
export class SampleController {
  @Get()
  sample(@Query('rows', new DefaultValuePipe(SAMPLE_ROWS), ParseIntPipe) rows: number): StreamableFile {
    const text = Readable.from(sampleOrders(Math.min(Math.max(rows, 0), MOST_ROWS)))
    return new StreamableFile(text, { type: 'text/csv; charset=utf-8', disposition: 'attachment; filename=sample.csv' })
  }
}
