/** What to do instead, for options that belong to something else, or that other libraries name differently. */
import type { Hints } from '../utils/options'

const OF_CALLS = '; it is an option of calls: pass it to `schedule()`, to `map()` or to the decorator'
const OF_POOLS =
  '; it is an option of pools: pass it to `pools.configure()`, or to a pool of your own for the option `pool`'

const hintFor = (names: readonly string[], hint: string): Hints => Object.fromEntries(names.map((name) => [name, hint]))

const MAX_WORKERS = ['maxThreads', 'maxProcesses', 'numWorkers', 'numberOfWorkers', 'poolSize', 'size', 'workers']

/** For `new ThreadPool()` and `new ProcessPool()`. */
export const poolHints: Hints = {
  ...hintFor(['timeout', 'queueTimeout', 'grace', 'priority', 'retries', 'signal', 'transfer'], OF_CALLS),
  ...hintFor(MAX_WORKERS, '; did you mean `maxWorkers`?'),
}

/** For `@thread` and `@process`. */
export const decoratorHints: Hints = hintFor(
  ['maxWorkers', 'maxTasks', 'maxQueue', 'maxMemory', 'concurrency', 'idleTimeout', 'initializer'],
  OF_POOLS,
)
