import { fileURLToPath } from 'node:url'
import { FixedClusterPool, FixedThreadPool } from 'poolifier'

export function open({ runtime, workers, ...options }) {
  const Pool = runtime === 'threads' ? FixedThreadPool : FixedClusterPool
  const file = runtime === 'threads' ? 'add.poolifier-thread.mjs' : 'add.poolifier-cluster.cjs'
  const pool = new Pool(workers, fileURLToPath(new URL(`../workers/${file}`, import.meta.url)), options)
  return { call: (a, b) => pool.execute({ a, b }), close: () => pool.destroy() }
}
