import { process, thread } from 'pebble-ts'
import { echo, inspect, nap, type Item } from './bodies.cjs'

/** An instance with two fields. Both are part of the snapshot that is `this` in the worker. */
export class Adder {
  readonly name = 'adder'

  constructor(readonly offset = 0) {}

  @thread
  async addInThread(a: number, b: number): Promise<number> {
    return a + b + this.offset
  }

  @process
  async addInProcess(a: number, b: number): Promise<number> {
    return a + b + this.offset
  }

  @thread
  async inspectInThread(value: ArrayBuffer | Item[]): Promise<number> {
    return inspect(value)
  }

  @process
  async inspectInProcess(value: ArrayBuffer | Item[]): Promise<number> {
    return inspect(value)
  }

  @thread
  async echoInThread<T>(value: T): Promise<T> {
    return echo(value)
  }

  @process
  async echoInProcess<T>(value: T): Promise<T> {
    return echo(value)
  }

  @thread
  async napInThread(options: { ms: number }): Promise<number> {
    return nap(options)
  }

  @process
  async napInProcess(options: { ms: number }): Promise<number> {
    return nap(options)
  }
}
