import { shared } from '../registry/shared'

/** Settings of the whole program: `configure` sets them. */
export const settings = shared('settings', (): { eager?: boolean } => ({}))
let environment: boolean | undefined

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
