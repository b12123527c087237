/** A `map` for a pool without `map`, as a user would write it: `ahead` chunks in flight, results in order. */
export async function* mapByHand(run, items, chunkSize, ahead) {
  const inFlight = []
  for (let from = 0; from < items.length || inFlight.length > 0;) {
    for (; from < items.length && inFlight.length < ahead; from += chunkSize) {
      inFlight.push(run(items.slice(from, from + chunkSize)))
    }
    yield* await inFlight.shift()
  }
}
