import { Pool, type ProcessPoolOptions } from './pool'

/** A pool of worker processes. Pebble's `ProcessPool`. */
export class ProcessPool extends Pool {
  constructor(options: ProcessPoolOptions = {}) {
    super('process', options)
  }
}
