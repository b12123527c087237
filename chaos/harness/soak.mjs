import { createServer } from 'node:net'
import { futureOf, pools, ProcessPool, ThreadPool } from 'pebble-ts'
import * as bodies from '../dist/bodies.js'
import { census } from './census.mjs'
import { within } from './waits.mjs'

/** Calls without an outcome at a time. */
const WINDOW = 500
/** Cancelled calls at a time: the first of them runs, and its worker is replaced. */
const CANCELLED_AT_ONCE = 200
/** Calls of a worker that is replaced. */
const LIFETIME = 10
const ENDING = 20_000
const WARM_UP = { calls: 20_000, cancels: 400, replacements: 8 }

/** Takes a census of an idle program, puts a load on it, and takes another, with the pools open and after their end. */
export async function soak(load, seconds) {
  const deadline = performance.now() + seconds * 1000
  console.log('soaking …') // what the program opens once is open from here on
  process.stderr.write('')
  createServer().listen(0).close() // libuv's reserve, a descriptor of /dev/null, comes with the first stream
  const empty = await census('')
  const bench = new Bench(deadline)
  await bench.run(WARM_UP)
  const before = await census('')
  const done = await bench.run(load)
  const after = await census('')
  await bench.end()
  return { done, before, after, empty, ended: await emptyAgain(empty) }
}

/** The pools that carry the load: one of each kind whose workers stay, one whose workers are replaced, the shared ones. */
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

  /** Half of it in threads, half in processes. What was done, which is less where the time was over. */
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
        await pool.join(ENDING)
      }
    }
    await within(pools.shutdown(), ENDING)
  }

  get #hasTime() {
    return performance.now() < this.#deadline
  }

  /** Workers ever started: the first of each pool among them. */
  get #started() {
    return this.#kinds
      .flatMap(({ cancelling, recycling }) => [cancelling, recycling])
      .reduce((sum, pool) => sum + pool.stats().started, 0)
  }

  /** The calls of one worker's life. */
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

/** A call, and one of the ways to cancel it. */
function cancellable(n, pool, jobs) {
  if (n % 3 === 0) {
    const stop = new AbortController()
    return { future: pool.schedule(bodies.linger, { signal: stop.signal }), cancel: () => stop.abort() }
  }
  const future = n % 3 === 1 ? pool.schedule(bodies.linger) : futureOf(jobs.linger())
  return { future, cancel: () => future.cancel() }
}

/** Handles close a moment after what they belonged to. */
async function emptyAgain(empty) {
  for (let attempt = 0; ; attempt++) {
    const now = await census('')
    if (attempt > 40 || (now.files.length <= empty.files.length && sum(now.handles) <= sum(empty.handles))) return now
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

const sum = (counts) => Object.values(counts).reduce((all, count) => all + count, 0)
