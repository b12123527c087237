import { createServer } from 'node:net'
import { futureOf, pools, ProcessPool, ThreadPool } from 'pebble-ts'
import * as bodies from '../dist/bodies.js'
import { census } from './census.mjs'
import { within } from './waits.mjs'

/** Number of calls in flight. */
const WINDOW = 500
/** Number of calls that are cancelled at the same time. The first of them is running, so its worker is replaced. */
const CANCELLED_AT_ONCE = 200
/** Number of calls after which a worker is replaced. */
const LIFETIME = 10
const END_LIMIT = 20_000
const WARM_UP = { calls: 20_000, cancels: 400, replacements: 8 }

/** Counts the resources of the idle program, runs the load, and counts again: with open pools, and after their end. */
export async function soak(load, seconds) {
  const deadline = performance.now() + seconds * 1000
  console.log('soaking …') // opens what the program opens only once, before the first count
  process.stderr.write('')
  createServer().listen(0).close() // libuv opens its reserve descriptor (/dev/null) with the first stream
  const empty = await census('')
  const bench = new Bench(deadline)
  await bench.run(WARM_UP)
  const before = await census('')
  const done = await bench.run(load)
  const after = await census('')
  await bench.end()
  return { done, before, after, empty, ended: await emptyAgain(empty) }
}

/** The pools of the load. For each kind: a pool whose workers stay, two whose workers are replaced, and the shared pool. */
class Bench {
  #deadline
  #kinds

  constructor(deadline) {
    this.#deadline = deadline
    pools.configure({ thread: { maxWorkers: 1 }, process: { maxWorkers: 1 } })
    this.#kinds = [
      { Pool: ThreadPool, jobs: new bodies.ThreadJobs() },
      { Pool: ProcessPool, jobs: new bodies.ProcessJobs() },
    ].map(({ Pool, jobs }) => ({
      jobs,
      steady: new Pool({ maxWorkers: 1 }),
      cancelling: new Pool({ maxWorkers: 1 }),
      recycling: new Pool({ maxWorkers: 1, maxTasks: LIFETIME }),
    }))
  }

  /** Runs half of the load in threads and half in processes. Returns what was done: less than the load if the time limit passed. */
  async run({ calls, cancels, replacements }) {
    const done = { calls: 0, cancels: 0, replacements: -this.#started }
    for (const kind of this.#kinds) {
      done.calls += await this.#call(kind, calls / 2)
      done.cancels += await this.#cancel(kind, cancels / 2)
    }
    while (done.replacements + this.#started < replacements && this.#hasTime) {
      await Promise.all(this.#kinds.flatMap(({ recycling }) => this.#lifetime(recycling)))
    }
    done.replacements += this.#started
    return done
  }

  async end() {
    for (const { steady, cancelling, recycling } of this.#kinds) {
      for (const pool of [steady, cancelling, recycling]) {
        pool.close()
        await pool.join(END_LIMIT)
      }
    }
    await within(pools.shutdown(), END_LIMIT)
  }

  get #hasTime() {
    return performance.now() < this.#deadline
  }

  /** Number of workers that were ever started, including the first worker of each pool. */
  get #started() {
    return this.#kinds
      .flatMap(({ cancelling, recycling }) => [cancelling, recycling])
      .reduce((sum, pool) => sum + pool.stats().started, 0)
  }

  /** Makes as many calls as one worker runs before it is replaced. */
  #lifetime(recycling) {
    return Array.from({ length: LIFETIME }, (_, n) => recycling.schedule(bodies.add, { args: [n, 1] }))
  }

  async #call({ steady, jobs }, count) {
    let done = 0
    for (; done < count && this.#hasTime; done += WINDOW) {
      const calls = Array.from({ length: WINDOW }, (_, n) =>
        n % 2 ? steady.schedule(bodies.add, { args: [n, 1], timeout: 60_000 }) : jobs.add(n, 1),
      )
      const results = await Promise.all(calls)
      if (results.some((sum, n) => sum !== n + 1)) throw new Error('A sum is wrong.')
    }
    return done
  }

  async #cancel({ cancelling, jobs }, count) {
    let done = 0
    for (; done < count && this.#hasTime; done += CANCELLED_AT_ONCE) {
      const first = cancelling.schedule(bodies.linger)
      while (!first.running() && this.#hasTime) await new Promise((resolve) => setTimeout(resolve, 2))
      const calls = Array.from({ length: CANCELLED_AT_ONCE - 1 }, (_, n) => cancellable(n, cancelling, jobs))
      for (const { cancel } of calls) cancel()
      first.cancel()
      await Promise.allSettled([first, ...calls.map(({ future }) => future)])
    }
    return done
  }
}

/** Makes a call and returns it with one of the ways to cancel it. */
function cancellable(n, pool, jobs) {
  if (n % 3 === 0) {
    const stop = new AbortController()
    return { future: pool.schedule(bodies.linger, { signal: stop.signal }), cancel: () => stop.abort() }
  }
  const future = n % 3 === 1 ? pool.schedule(bodies.linger) : futureOf(jobs.linger())
  return { future, cancel: () => future.cancel() }
}

/** Counts until the program is as empty as before, because handles close a moment after their owners. */
async function emptyAgain(empty) {
  for (let attempt = 0; ; attempt++) {
    const now = await census('')
    if (attempt > 40 || (now.files.length <= empty.files.length && sum(now.handles) <= sum(empty.handles))) return now
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

const sum = (counts) => Object.values(counts).reduce((all, count) => all + count, 0)
