/** What runs on the worker machines. Each has a copy of the compiled file in a folder of its own. */
import { setTimeout as wait } from 'node:timers/promises'
import { currentTask, process as inProcess } from 'pebble-ts'

/** A deploy changes this line. */
const EDITION = 'first edition'

export class Reports {
  constructor(readonly customer: string) {}

  @inProcess({ pool: 'cluster', timeout: 60_000 })
  async render(page: number): Promise<string> {
    await wait(300)
    return `page ${page} for ${this.customer}, ${EDITION}`
  }

  /** Tells the number of its process, and works for `ms`. */
  @inProcess({ pool: 'cluster', timeout: 60_000 })
  async archive(ms: number): Promise<string> {
    currentTask().report(process.pid)
    await wait(ms)
    return 'archived'
  }

  /** Never ends. */
  @inProcess({ pool: 'cluster' })
  async spin(): Promise<never> {
    currentTask().report(process.pid)
    await wait(200) // its progress is passed on meanwhile
    for (;;);
  }
}
