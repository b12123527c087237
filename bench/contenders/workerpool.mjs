import { fileURLToPath } from 'node:url'
import workerpool from 'workerpool'
import { mapByHand } from './map-by-hand.mjs'

export function open({ runtime, workers, ...options }) {
  const pool = workerpool.pool(fileURLToPath(new URL('../workers/workerpool.cjs', import.meta.url)), {
    workerType: runtime === 'threads' ? 'thread' : 'process',
    minWorkers: workers,
    maxWorkers: workers,
    ...options,
  })
  const run = (name, value) => pool.exec(name, [value])
  return {
    call: (a, b) => pool.exec('add', [{ a, b }]),
    run,
    mapEach: mapByHand(run, workers),
    hang: (timeout) => pool.exec('hang').timeout(timeout),
    close: () => pool.terminate(true),
  }
}
