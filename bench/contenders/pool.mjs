import { ProcessPool, ThreadPool } from 'pebble-ts'
import { add, double, hang } from '../dist/tasks.js'

/** An explicit pool and its tasks. `hang` and `mapEach` are what the other libraries need to be compared with it. */
export function open({ runtime, workers }) {
  const pool = new (runtime === 'threads' ? ThreadPool : ProcessPool)({ maxWorkers: workers })
  const mapChunked = (items, chunkSize) => pool.map(double, items, { chunkSize })
  return {
    pool,
    tasks: { add, double },
    call: (a, b) => pool.schedule(add, { args: [a, b] }),
    hang: (timeout) => pool.schedule(hang, { timeout }),
    mapChunked,
    mapEach: async (items, { chunkSize }, visit) => {
      for await (const value of mapChunked(items, chunkSize)) visit(value)
    },
    close: async () => {
      pool.stop()
      await pool.join()
    },
  }
}
