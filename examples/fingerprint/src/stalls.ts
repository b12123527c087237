import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

const RESOLUTION = 5 // ms

/** Watches the event loop of this thread; the returned function tells the longest time that it stood still, in ms. */
export async function watchStalls(): Promise<() => Promise<number>> {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION })
  delays.enable()
  await sleep(4 * RESOLUTION) // nothing is recorded before the second sample
  return async () => {
    await sleep(4 * RESOLUTION) // a stall is recorded when it is over
    delays.disable()
    return Math.max(0, delays.max / 1e6 - RESOLUTION) // what is recorded includes the interval of sampling
  }
}
