/** A `map` for a pool without `map`, as a user would write it: `ahead` chunks in flight, results in order. */
export function mapByHand(run, workers) {
  return async (items, { chunkSize, ahead = 4 * workers }, visit) => {
    const inFlight = []
    for (let from = 0; from < items.length || inFlight.length > 0;) {
      for (; from < items.length && inFlight.length < ahead; from += chunkSize) {
        inFlight.push(run('doubleAll', items.slice(from, from + chunkSize)))
      }
      for (const value of await inFlight.shift()) visit(value)
    }
  }
}
