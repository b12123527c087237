import { fileURLToPath } from 'node:url'
import workerpool from 'workerpool'

export function open({ runtime, workers, ...options }) {
  const pool = workerpool.pool(fileURLToPath(new URL('../workers/add.workerpool.cjs', import.meta.url)), {
    workerType: runtime === 'threads' ? 'thread' : 'process',
    minWorkers: workers,
    maxWorkers: workers,
    ...options,
  })
  return { call: (a, b) => pool.exec('add', [a, b]), close: () => pool.terminate(true) }
}
