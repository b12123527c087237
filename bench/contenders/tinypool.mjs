import { Tinypool } from 'tinypool'
import { mapByHand } from './map-by-hand.mjs'

export function open({ runtime, workers, ...options }) {
  const pool = new Tinypool({
    filename: new URL('../workers/named.mjs', import.meta.url).href,
    runtime: runtime === 'threads' ? 'worker_threads' : 'child_process',
    minThreads: workers,
    maxThreads: workers,
    ...options,
  })
  const run = (name, value) => pool.run(value, { name })
  return {
    call: (a, b) => pool.run({ a, b }),
    run,
    mapEach: mapByHand(run, workers),
    // it has no timeout option; it takes a signal instead
    hang: (timeout) => pool.run({}, { name: 'hang', signal: AbortSignal.timeout(timeout) }),
    close: () => pool.destroy(),
  }
}
