import { fileURLToPath } from 'node:url'
import workerpool from 'workerpool'

export function open({ runtime, workers }) {
  const pool = workerpool.pool(fileURLToPath(new URL('../workers/hang.workerpool.cjs', import.meta.url)), {
    workerType: runtime === 'threads' ? 'thread' : 'process',
    minWorkers: workers,
    maxWorkers: workers,
  })
  return {
    call: (a, b) => pool.exec('add', [a, b]),
    hang: (timeout) => pool.exec('hang').timeout(timeout),
    close: () => pool.terminate(true),
  }
}
