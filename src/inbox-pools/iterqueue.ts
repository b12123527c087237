import { TimeoutError } from '../errors'
import type { Queue } from '../queues/queue'

/**
 * Takes the items that are in a queue at the time of the call, then ends. `iterqueue` of Python's `workers`.
 *
 * Items that are put later stay in the queue, and so do items that were not taken when the loop is left. To get all
 * results, exile the pool first: its workers may still put some.
 *
 * @example
 * for await (const result of iterqueue(pool.outbox)) console.log(result)
 */
export function iterqueue<T>(queue: Queue<T>): AsyncGenerator<T, void, undefined> {
  const count = queue.count()
  count.catch(() => undefined) // the iteration reports the error
  return takeItems(queue, count)
}

async function* takeItems<T>(queue: Queue<T>, count: Promise<number>): AsyncGenerator<T, void, undefined> {
  for (let left = await count; left > 0; left--) {
    const item = await takeItem(queue)
    if (item === undefined) return // another consumer has taken the rest
    yield item.value
  }
}

async function takeItem<T>(queue: Queue<T>): Promise<{ value: T } | undefined> {
  try {
    return { value: await queue.get({ timeout: 0 }) }
  } catch (error) {
    if (error instanceof TimeoutError) return undefined
    throw error
  }
}
