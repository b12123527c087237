import { fileURLToPath } from 'node:url'
import { Worker } from 'jest-worker'
import { mapByHand } from './map-by-hand.mjs'

export function open({ runtime, workers, ...options }) {
  const farm = new Worker(fileURLToPath(new URL('../workers/jest-worker.cjs', import.meta.url)), {
    enableWorkerThreads: runtime === 'threads',
    numWorkers: workers,
    exposedMethods: ['add', 'doubleAll', 'echo', 'inspect', 'nap'],
    ...options,
  })
  const run = (name, value) => farm[name](value)
  return {
    call: (a, b) => farm.add({ a, b }),
    run,
    mapEach: mapByHand(run, workers),
    close: () => farm.end(),
  }
}
