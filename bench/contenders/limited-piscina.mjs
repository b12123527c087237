import { Piscina } from 'piscina'

/** piscina has no timeout option. It takes a signal instead. */
export function open({ workers }) {
  const filename = new URL('../workers/hang.mjs', import.meta.url).href
  const pool = new Piscina({ filename, minThreads: workers, maxThreads: workers })
  return {
    call: (a, b) => pool.run({ a, b }),
    hang: (timeout) => pool.run({ hang: true }, { signal: AbortSignal.timeout(timeout) }),
    close: () => pool.destroy(),
  }
}
