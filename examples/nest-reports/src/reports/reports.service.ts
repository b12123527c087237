import { Injectable, Logger } from '@nestjs/common'
import { currentTask, process } from 'pebble-ts'
import { settings } from '../settings'
import { type Order, readOrders } from './orders'
import { ReportsRepository } from './reports.repository'
import { statisticsOf } from './statistics'

export interface Summary {
  readonly orders: number
  readonly customers: number
  readonly months: number
  /** In cents. */
  readonly total: number
}

/** What the body reports while it runs. */
export interface Progress {
  readonly phase: 'reading' | 'computing' | 'saving'
  /** From 0 to 1. */
  readonly done: number
}

@Injectable()
export class ReportsService {
  private readonly logger = new Logger(ReportsService.name)

  constructor(private readonly repository: ReportsRepository) {}

  /**
   * Reads a CSV file of orders and saves it with its statistics. The body runs in a worker process, where
   * `this.repository` is the worker's own.
   */
  @process({ pool: 'reports', timeout: settings.limit })
  async create(report: string, file: string): Promise<Summary> {
    const progress = reporter()
    progress('reading', 0)
    const orders: Order[] = []
    for (const order of readOrders(file, (share) => progress('reading', 0.5 * share))) orders.push(order)
    progress('computing', 0.5)
    const statistics = statisticsOf(orders)
    this.repository.save(report, orders, statistics, (saved) => progress('saving', 0.6 + (0.4 * saved) / orders.length))
    this.logger.log(`${orders.length} orders of report ${report}`)
    return {
      orders: orders.length,
      customers: new Set(statistics.map(({ customer }) => customer)).size,
      months: new Set(statistics.map(({ month }) => month)).size,
      total: statistics.reduce((sum, { total }) => sum + total, 0),
    }
  }
}

/** Reports each percent of a phase once. */
function reporter(): (phase: Progress['phase'], done: number) => void {
  const task = currentTask()
  let last: Progress | undefined
  return (phase, done) => {
    const next: Progress = { phase, done: Math.floor(done * 100) / 100 }
    if (next.phase === last?.phase && next.done === last.done) return
    last = next
    task.report(next)
  }
}
