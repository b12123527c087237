import { Tinypool } from 'tinypool'

export function open({ runtime, workers, ...options }) {
  const pool = new Tinypool({
    filename: new URL('../workers/add.mjs', import.meta.url).href,
    runtime: runtime === 'threads' ? 'worker_threads' : 'child_process',
    minThreads: workers,
    maxThreads: workers,
    ...options,
  })
  return { call: (a, b) => pool.run({ a, b }), close: () => pool.destroy() }
}
