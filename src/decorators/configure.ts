import { settings } from '../pools/eager'
import { boolean, checkOptions } from '../utils/options'

/** Settings of the whole program. */
export interface Settings {
  /**
   * Bodies run in the calling thread, for unit tests whose mocks a worker would not see. Futures, callbacks and
   * streams work as ever, and so do `schedule`, `submit` and `map` of pools; limits (`timeout`, `queueTimeout`, `maxQueue`)
   * are not applied, and no worker starts.
   * Default: whether the environment has `PEBBLE_EAGER=1`.
   */
  eager?: boolean
}

/**
 * Changes settings of the whole program, for the calls made from now on; `undefined` goes back to the default.
 *
 * @throws {TypeError} for an unknown setting or a value of the wrong type
 * @example
 * beforeAll(() => configure({ eager: true }))
 */
export function configure(changes: Settings): void {
  Object.assign(settings, checkOptions('configure()', changes, { eager: boolean }))
}
