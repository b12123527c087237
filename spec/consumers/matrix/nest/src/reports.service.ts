import { Injectable, Logger } from '@nestjs/common'
import { callbacks, process as inProcess, serializable, thread } from 'pebble-ts'
import { PricesRepository } from './prices.repository.js'

@serializable
export class NoReport extends Error {
  constructor(
    message: string,
    readonly page: number,
  ) {
    super(message)
  }
}

export interface Total {
  readonly text: string
  readonly ownLogger: boolean
  readonly pid: number
}

@Injectable()
export class ReportsService {
  readonly heard: string[] = []
  private readonly logger = new Logger(ReportsService.name)
  private readonly currency = 'EUR'

  constructor(private readonly prices: PricesRepository) {
    callbacks(this, this.inProcess).callback = this.done
  }

  @thread
  async inThread(articles: string[]): Promise<Total> {
    return this.total('thread', articles)
  }

  @inProcess({ pool: 'reports' })
  async inProcess(articles: string[]): Promise<Total> {
    return this.total('process', articles)
  }

  @thread
  async failInThread(): Promise<never> {
    throw new NoReport('no report', 7) // in a thread
  }

  @inProcess
  async failInProcess(): Promise<never> {
    throw new NoReport('no report', 7) // in a process
  }

  @thread({ timeout: 200 })
  async endlessInThread(): Promise<never> {
    for (;;);
  }

  @inProcess({ timeout: 200 })
  async endlessInProcess(): Promise<never> {
    for (;;);
  }

  private total(place: string, articles: string[]): Total {
    this.logger.log(`${articles.length} articles in a ${place}`)
    this.logger.debug(`debug in a ${place}`) // the program prints no debug messages
    const sum = articles.reduce((all, article) => all + this.prices.find(article), 0)
    return { text: `${sum} ${this.currency}`, ownLogger: this.logger instanceof Logger, pid: process.pid }
  }

  private done(_id: string, total: Total): void {
    this.heard.push(total.text)
  }
}
