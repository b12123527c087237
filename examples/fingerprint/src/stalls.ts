import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

const RESOLUTION = 5 // ms

/** Watches the event loop of this thread. The returned function gives the longest time that it was blocked, in ms. */
export async function watchStalls(): Promise<() => Promise<number>> {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION })
  delays.enable()
  await sleep(4 * RESOLUTION) // the first value is recorded with the second sample
  return async () => {
    await sleep(4 * RESOLUTION) // a stall is recorded after its end
    delays.disable()
    return Math.max(0, delays.max / 1e6 - RESOLUTION) // the recorded value includes the sampling interval
  }
}
