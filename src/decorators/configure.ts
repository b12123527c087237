import { shared } from '../registry/shared'
import { boolean, checkOptions } from '../utils/options'

/** Settings of the whole program. */
export interface Settings {
  /**
   * Bodies run in the calling thread, for unit tests whose mocks a worker would not see. Futures, callbacks and
   * streams work as ever; limits (`timeout`, `queueTimeout`) are not applied, and pools are not used.
   * Default: whether the environment has `PEBBLE_EAGER=1`.
   */
  eager?: boolean
}

const settings = shared('settings', (): Settings => ({}))
let environment: boolean | undefined

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

/** Whether bodies run in the calling thread, as of this call. */
export function isEager(): boolean {
  return settings.eager ?? environment ?? readEnvironment()
}

/** Reading a variable takes 200 ns, a tenth of a call: it is read once for all the calls made in a row. */
function readEnvironment(): boolean {
  environment = process.env.PEBBLE_EAGER === '1'
  void Promise.resolve().then(() => (environment = undefined))
  return environment
}
