import { performance } from 'node:perf_hooks'

/** ms on the real clock: a body may leave a faked one behind. */
export const now = performance.now.bind(performance)
