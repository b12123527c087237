import { Piscina } from 'piscina'

export function open({ workers, ...options }) {
  const pool = new Piscina({
    filename: new URL('../workers/add.mjs', import.meta.url).href,
    minThreads: workers,
    maxThreads: workers,
    ...options,
  })
  return { call: (a, b) => pool.run({ a, b }), close: () => pool.destroy() }
}
