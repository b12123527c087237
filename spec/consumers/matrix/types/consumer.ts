/** What a consumer writes compiles, and what it must not write does not, with both kinds of decorators. */
import {
  futureOf,
  process as inProcess,
  ProcessPool,
  serializable,
  task,
  thread,
  type Future,
  type ProcessFuture,
} from 'pebble-ts'
import { thread as concurrentThread } from 'pebble-ts/concurrent'
import { process as asynchronousProcess } from 'pebble-ts/asynchronous'
import { WorkerPool } from 'pebble-ts/workers'

@serializable
export class Money {
  constructor(readonly amount: number) {}
}

export class Reports {
  @thread async digest(text: string): Promise<string> {
    return text
  }
  @inProcess({ timeout: 1_000 }) async size(text: string): Promise<number> {
    return text.length
  }
  @concurrentThread() static async version(): Promise<1> {
    return 1
  }
  @asynchronousProcess async *pages(): AsyncGenerator<string> {
    yield 'page'
  }
  // @ts-expect-error a body in another thread returns a promise
  @thread wrong(): number {
    return 1
  }
  // @ts-expect-error a misspelt option
  @thread({ tiemout: 1 }) async misspelt(): Promise<void> {}
}

export const add = task((a: number, b: number) => a + b)
export const size: Future<number> = futureOf(new Reports().size('a'))
export const wrapped: (text: string) => ProcessFuture<number> = inProcess((text: string) => text.length)
export const sums = async (pool: ProcessPool): Promise<number[]> => pool.map(add, [1], [2]).toArray()
export const workers = new WorkerPool(0)
