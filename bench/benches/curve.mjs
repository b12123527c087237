/** As `calls`, with other numbers of calls in flight. The plot of RESULTS.md shows both. */
import { batchedFloor, floor, group, ours, peers, RUNTIMES } from '../harness/groups.mjs'
import { measures as ofCalls } from './calls.mjs'

export { measure } from './calls.mjs'

const LEVELS = [1, 8, 64, 4096]

export const title = 'Calls of add(a, b) of an instance with two fields, by calls in flight'
export const rounds = 2
export const measures = ofCalls.slice(0, 1)

export const groups = RUNTIMES.flatMap((runtime) =>
  LEVELS.map((inFlight) =>
    group(`${runtime}, ${inFlight} in flight`, { runtime, workers: 2, inFlight }, [
      ours(),
      ...peers(runtime),
      floor(),
      batchedFloor(),
    ]),
  ),
)
