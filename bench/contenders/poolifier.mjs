import { fileURLToPath } from 'node:url'
import { FixedClusterPool, FixedThreadPool } from 'poolifier'
import { mapByHand } from './map-by-hand.mjs'

export function open({ runtime, workers, ...options }) {
  const Pool = runtime === 'threads' ? FixedThreadPool : FixedClusterPool
  const file = runtime === 'threads' ? 'poolifier-thread.mjs' : 'poolifier-cluster.cjs'
  const pool = new Pool(workers, fileURLToPath(new URL(`../workers/${file}`, import.meta.url)), options)
  const run = (name, value) => pool.execute(value, name)
  return {
    call: (a, b) => pool.execute({ a, b }), // without a name, the first body
    run,
    mapEach: mapByHand(run, workers),
    close: () => pool.destroy(),
  }
}
