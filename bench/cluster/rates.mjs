/** Calls per second at 1, 32 and 512 in flight, after a short warm-up as in a real program. */
const WARM_UP = 100
const CALLS = {
  1: Number(process.env.CALLS_1 ?? 300),
  32: Number(process.env.CALLS ?? 1500),
  512: Number(process.env.CALLS ?? 3000),
}

export async function measureRates(call) {
  await Promise.all(Array.from({ length: WARM_UP }, call))
  const rates = {}
  for (const [inFlight, calls] of Object.entries(CALLS)) {
    let left = calls
    const started = performance.now()
    const inTurn = async () => {
      while (left-- > 0) await call()
    }
    await Promise.all(Array.from({ length: Number(inFlight) }, inTurn))
    rates[inFlight] = calls / ((performance.now() - started) / 1000)
  }
  return rates
}
