/** The bodies that chaos and soak run: tasks for pools, and decorated methods for the shared pools. */
import { setTimeout as sleep } from 'node:timers/promises'
import { process as inProcess, synchronized, task, thread } from 'pebble-ts'
import { act, type Order } from './behaviors'
import { noteRun } from './notes'

export * as badValues from './bad-values'

export const perform = task((order: Order, extra?: unknown) => act(order, extra))

export const performEach = task((order: Order) => act(order))

export const prepare = task((ms: number) => sleep(ms))

export const refuse = task(() => {
  throw new RangeError('ordered: the initializer fails')
})

export const add = task((a: number, b: number) => a + b)

export const linger = task(() => sleep(600_000))

export class ThreadJobs {
  readonly field = { of: 'the instance' }

  @thread async perform(order: Order, extra?: unknown): Promise<unknown> {
    return act(order, extra)
  }

  @thread({ timeout: 250 }) async withTimeout(order: Order, extra?: unknown): Promise<unknown> {
    return act(order, extra)
  }

  @thread({ timeout: 250, grace: 150 }) async withGrace(order: Order, extra?: unknown): Promise<unknown> {
    return act(order, extra)
  }

  @thread async nested(order: Order): Promise<unknown> {
    return this.inner(order)
  }

  @thread async inner(order: Order): Promise<unknown> {
    return act(order)
  }

  @synchronized @thread async exclusive(order: Order): Promise<unknown> {
    return act(order)
  }

  @thread async add(a: number, b: number): Promise<number> {
    return a + b
  }

  @thread async linger(): Promise<void> {
    await sleep(600_000)
  }

  @thread async *stream(order: Order): AsyncGenerator<number> {
    noteRun(order.id)
    for (let n = 0; n < order.code; n++) {
      yield n
      if (n % 10 === 9) await sleep(order.ms)
    }
  }
}

export class ProcessJobs {
  readonly field = { of: 'the instance' }

  @inProcess async perform(order: Order, extra?: unknown): Promise<unknown> {
    return act(order, extra)
  }

  @inProcess({ timeout: 250 }) async withTimeout(order: Order, extra?: unknown): Promise<unknown> {
    return act(order, extra)
  }

  @inProcess({ timeout: 250, grace: 150 }) async withGrace(order: Order, extra?: unknown): Promise<unknown> {
    return act(order, extra)
  }

  @inProcess async nested(order: Order): Promise<unknown> {
    return this.inner(order)
  }

  @inProcess async inner(order: Order): Promise<unknown> {
    return act(order)
  }

  @synchronized @inProcess async exclusive(order: Order): Promise<unknown> {
    return act(order)
  }

  @inProcess async add(a: number, b: number): Promise<number> {
    return a + b
  }

  @inProcess async linger(): Promise<void> {
    await sleep(600_000)
  }

  @inProcess async *stream(order: Order): AsyncGenerator<number> {
    noteRun(order.id)
    for (let n = 0; n < order.code; n++) {
      yield n
      if (n % 10 === 9) await sleep(order.ms)
    }
  }
}
