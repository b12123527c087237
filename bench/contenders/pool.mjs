import { ProcessPool, ThreadPool } from 'pebble-ts'
import { add, double, hang } from '../dist/tasks.js'

/** An explicit pool and its tasks. `call` and `hang` are for benches that compare it with other libraries. */
export function open({ runtime, workers }) {
  const pool = new (runtime === 'threads' ? ThreadPool : ProcessPool)({ maxWorkers: workers })
  return {
    pool,
    tasks: { add, double },
    call: (a, b) => pool.schedule(add, { args: [a, b] }),
    hang: (timeout) => pool.schedule(hang, { timeout }),
    mapChunked: (items, chunkSize) => pool.map(double, items, { chunkSize }),
    close: async () => {
      pool.stop()
      await pool.join()
    },
  }
}
