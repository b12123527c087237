import { checkOption, positiveInteger } from '../utils/options'
import { registerSerializable } from '../wire/serializable'
import { BaseLock } from './base-lock'
import type { LockRef } from './lock-table'

/**
 * Lets `permits` in at a time, all over the program; otherwise as a `Lock`. Unlike Python's, it cannot be released more
 * often than it was acquired.
 *
 * @example
 * const downloads = new Semaphore(4)
 * await downloads.runExclusive(() => fetch(url))
 */
export class Semaphore extends BaseLock {
  static {
    registerSerializable('pebble-ts:Semaphore', this)
  }

  /** @throws {TypeError} `permits` is no number, {@link RangeError} it is no positive integer */
  constructor(permits: number)
  /** @internal */
  constructor(permits: number, lock?: LockRef)
  constructor(permits: number, lock?: LockRef) {
    checkOption('permits', permits, positiveInteger)
    super('Semaphore', permits, new.target, lock)
  }
}
