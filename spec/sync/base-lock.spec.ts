/** Reads, changes and writes one file in all threads and processes: no update is lost. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { ProcessPool, ThreadPool } from 'pebble-ts'
import { journalled, lock, turns, workers } from '../fixtures/locks'
import { lines, scratchFile } from '../support/gate'
import { settled } from '../support/until'
import { whenFree } from '../support/locks'

const LIMIT = 150_000
const TURNS = 20_000
const PLAYERS = 5

let threads: ThreadPool
let processes: ProcessPool

beforeEach(() => {
  threads = new ThreadPool({ maxWorkers: 2 })
  processes = new ProcessPool({ maxWorkers: 2 })
})
afterEach(async () => {
  for (const pool of [threads, processes]) {
    pool.stop()
    await pool.join()
  }
})

it(
  'no update is lost in 20,000 turns of the main thread, two threads and two processes',
  async () => {
    const file = scratchFile('count')
    writeFileSync(file, '0')
    const count = TURNS / PLAYERS
    const all = [
      turns(file, count),
      threads.submit(workers.thread.turns, file, count),
      threads.submit(workers.thread.turns, file, count),
      processes.submit(workers.process.turns, null, file, count),
      processes.submit(workers.process.turns, null, file, count),
    ]
    await settled(Promise.all(all), 'all turns', LIMIT)
    expect(readFileSync(file, 'utf8')).toBe(String(TURNS))
    await whenFree(lock)
  },
  LIMIT + 5_000,
)

it(
  'no update is lost while workers are killed at random',
  async () => {
    const file = scratchFile('count')
    writeFileSync(file, '0')
    const enough = (): boolean => existsSync(`${file}.journal`) && lines(`${file}.journal`).length > 100
    let killed = 0
    let isOver = false
    const player = async (start: () => PromiseLike<number> & { cancel(): boolean }): Promise<void> => {
      for (let round = 0; round < 8 || !enough(); round++) {
        const call = start()
        const timer = setTimeout(() => call.cancel(), 10 + Math.random() * 250)
        await Promise.resolve(call).then(
          () => undefined,
          () => (killed += 1),
        )
        clearTimeout(timer)
      }
    }
    const steady = async (): Promise<void> => {
      while (!isOver) await journalled(file, 10)
    }
    const main = steady()
    await settled(
      Promise.all([
        player(() => threads.submit(workers.thread.journalled, file, 200)),
        player(() => threads.submit(workers.thread.journalled, file, 200)),
        player(() => processes.submit(workers.process.journalled, null, file, 200)),
        player(() => processes.submit(workers.process.journalled, null, file, 200)),
      ]),
      'all rounds',
      LIMIT,
    )
    isOver = true
    await settled(main, 'the main thread')
    const journal = lines(`${file}.journal`).map(Number)
    const last = Number(readFileSync(file, 'utf8'))
    expect(killed).toBeGreaterThan(0)
    expect(new Set(journal).size).toBe(journal.length) // a lost update is a number that occurs twice
    expect(journal).toEqual([...journal].sort((a, b) => a - b))
    expect(last).toBeGreaterThanOrEqual(journal.at(-1) as number)
    expect(last - journal.length).toBeLessThanOrEqual(killed) // turns that ended between the two writes
    await whenFree(lock)
  },
  LIMIT + 5_000,
)
