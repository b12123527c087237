import { settings } from '../pools/settings'
import { boolean, checkOptions } from '../utils/options'

/** Settings of the whole program. */
export interface Settings {
  /**
   * Runs bodies in the calling thread, for unit tests whose mocks a worker would not see. No worker starts. Futures,
   * callbacks and streams work as usual, and so do `schedule`, `submit` and `map` of pools. The limits `timeout`,
   * `queueTimeout` and `maxQueue` do not apply.
   * Default: `true` if the environment has `PEBBLE_EAGER=1`, else `false`.
   */
  eager?: boolean
  /**
   * Makes a span of OpenTelemetry for each call, if a tracer provider is registered with `@opentelemetry/api`.
   * Default: `true`.
   */
  tracing?: boolean
}

/**
 * Changes settings of the whole program, for calls made from now on. `undefined` restores the default.
 *
 * @throws {TypeError} for an unknown setting or a value of the wrong type
 * @example
 * beforeAll(() => configure({ eager: true }))
 */
export function configure(changes: Settings): void {
  Object.assign(settings, checkOptions('configure()', changes, { eager: boolean, tracing: boolean }))
}
