import { fileURLToPath } from 'node:url'
import { Worker } from 'jest-worker'

export function open({ runtime, workers, ...options }) {
  const farm = new Worker(fileURLToPath(new URL('../workers/add.jest-worker.cjs', import.meta.url)), {
    enableWorkerThreads: runtime === 'threads',
    numWorkers: workers,
    exposedMethods: ['add'],
    ...options,
  })
  return { call: (a, b) => farm.add(a, b), close: () => farm.end() }
}
