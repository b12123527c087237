import { TimeoutError } from '../errors'
import type { Queue } from '../queues/queue'

/**
 * Takes what is in a queue now, and ends there. `iterqueue` of Python's `workers`.
 *
 * What is put after the call stays in the queue, and so does what was not taken when the loop is left. While workers
 * still put into it, these are not all results: exile the pool first.
 *
 * @example
 * for await (const result of iterqueue(pool.outbox)) console.log(result)
 */
export function iterqueue<T>(queue: Queue<T>): AsyncGenerator<T, void, undefined> {
  const count = queue.count()
  count.catch(() => undefined) // whoever iterates hears of it
  return harvest(queue, count)
}

async function* harvest<T>(queue: Queue<T>, count: Promise<number>): AsyncGenerator<T, void, undefined> {
  for (let left = await count; left > 0; left--) {
    const item = await take(queue)
    if (item === undefined) return // somebody else takes as well
    yield item.value
  }
}

async function take<T>(queue: Queue<T>): Promise<{ value: T } | undefined> {
  try {
    return { value: await queue.get({ timeout: 0 }) }
  } catch (error) {
    if (error instanceof TimeoutError) return undefined
    throw error
  }
}
