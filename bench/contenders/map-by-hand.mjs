/** What a user of a pool without `map` writes: chunks, `ahead` of them in flight, results in order. */
export async function* mapByHand(run, items, chunkSize, ahead) {
  const inFlight = []
  for (let from = 0; from < items.length || inFlight.length > 0;) {
    for (; from < items.length && inFlight.length < ahead; from += chunkSize) {
      inFlight.push(run(items.slice(from, from + chunkSize)))
    }
    yield* await inFlight.shift()
  }
}
