import { setTimeout as sleep } from 'node:timers/promises'

/** Waits for a promise, but at most `limit` ms. */
export async function within(promise, limit) {
  const stop = new AbortController()
  const late = sleep(limit, undefined, { signal: stop.signal }).then(
    () => {
      throw new Error(`not done after ${limit} ms`)
    },
    () => undefined,
  )
  try {
    return await Promise.race([promise, late])
  } finally {
    stop.abort()
  }
}

/** Waits until `holds()` is true, but at most `limit` ms. Returns whether it is true. */
export async function until(holds, limit) {
  for (const end = performance.now() + limit; !holds(); await sleep(5)) if (performance.now() > end) return false
  return true
}

export { sleep }
