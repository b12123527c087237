import { Pool, type PoolOptions } from './pool'

/** A pool of worker threads. Pebble's `ThreadPool`. */
export class ThreadPool extends Pool {
  constructor(options: PoolOptions = {}) {
    super('thread', options)
  }
}
