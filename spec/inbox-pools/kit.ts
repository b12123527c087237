/** Helpers of the specs of inbox pools. */
import type { Queue } from 'pebble-ts'
import { iterqueue, type Worker, type WorkerPool } from 'pebble-ts/workers'
import { settled } from '../support/until'

/** Workers of the pools of the specs. */
export const WORKERS = { thread: 4, process: 2 } as const

const opened: Array<WorkerPool | Worker> = []
afterEach(async () => {
  const rest = opened.splice(0)
  await settled(
    Promise.all(rest.map((each) => ('exile' in each ? each.exile(false) : each.banish()))),
    'the pools to end',
  )
})

/** Ends the pool or worker with the test. */
export const keep = <T extends WorkerPool | Worker>(each: T): T => {
  opened.push(each)
  return each
}
export const harvest = async <T = any>(queue: Queue<T>): Promise<T[]> => {
  const items: T[] = []
  for await (const item of iterqueue(queue)) items.push(item)
  return items
}

/** Number of waiters at the inbox, for work or for its end. */
export const joiners = (p: WorkerPool): number => (p.inbox as any).source.waiting
