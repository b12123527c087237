import { process as inProcess } from 'pebble-ts'

export class Totals {
  factor = 2

  @inProcess({ pool: 'cluster' })
  async times(n: number): Promise<number> {
    return n * this.factor
  }

  @inProcess({ pool: 'cluster' })
  static async pid(): Promise<number> {
    return process.pid
  }

  @inProcess({ pool: 'cluster', timeout: 300 })
  async loop(): Promise<never> {
    for (;;);
  }
}
