import { check } from './check.mjs'

/** The calls that a program has made before it is measured. A longer warm-up shows a speed that short programs never see. */
export const WARM_UP = 500

/** Makes 500 calls, at most `inFlight` at once. All workers have started afterwards if `inFlight` occupies them. */
export async function warmUp(call, inFlight = 1) {
  let made = 0
  const lane = async () => {
    for (let n = made++; n < WARM_UP; n = made++) check(await call(n, 1), n + 1)
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
}
