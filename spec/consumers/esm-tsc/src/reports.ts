import { createHash } from 'node:crypto'
import { process as inProcess, thread, type Future, type ProcessFuture } from 'pebble-ts'

/** Not exported: a worker finds it all the same. */
class Formatter {
  constructor(readonly unit: string) {}

  @thread async format(bytes: number): Promise<string> {
    return `${bytes} ${this.unit}`
  }
}

export class Reports {
  readonly unit = 'bytes'

  @thread
  digest(text: string): Future<string> {
    return given(createHash('sha256').update(text).digest('hex'))
  }

  @inProcess({ timeout: 20_000 })
  size(text: string): ProcessFuture<string> {
    return given(`${Buffer.byteLength(text)} ${this.unit}`)
  }

  @thread async fail(): Promise<never> {
    throw new RangeError('no report')
  }

  @inProcess async *pages(count: number): AsyncGenerator<string> {
    for (let page = 1; page <= count; page++) yield `page ${page} of ${count}`
  }

  @thread static async version(): Promise<number> {
    return 1
  }
}

/** A body gives its value; the declaration says what the caller gets. */
function given<T>(value: T): never {
  return Promise.resolve(value) as never
}

export const formatter = new Formatter('kB')
