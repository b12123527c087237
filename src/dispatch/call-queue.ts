import type { Call } from './call'

/** The queue of a dispatcher, as its other parts use it. */
export interface QueueAccess {
  /** Queues revoked calls again, in their old order. */
  requeue(calls: Call[]): void
  /** Sends queued calls to workers. */
  pump(): void
}

/** Empty levels are removed only above this number of levels: most programs use few priorities, again and again. */
const KEPT = 4

/**
 * Queued calls: higher priorities first, and first in, first out within a priority. `push`, `take`, `remove` and `requeue`
 * take constant time. A requeued call without a requeued neighbour is the exception: finding its place needs a search.
 */
export class CallQueue {
  /** One level for each priority in use, and some empty ones; the highest priority first. */
  readonly #levels: Level[] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The next call. It stays in the queue. */
  peek(): Call | undefined {
    if (this.#size === 0) return undefined
    for (const level of this.#levels) if (level.head) return level.head
    return undefined
  }

  push(call: Call): void {
    const level = this.#level(call)
    call.previous = level.tail
    call.next = undefined
    if (level.tail) level.tail.next = call
    else level.head = call
    level.tail = call
    this.#size += 1
  }

  /** Puts a call back in its place: before the calls of its priority that were submitted later. */
  requeue(call: Call): void {
    const level = this.#level(call)
    let after = level.head
    if (after && after.serial < call.serial) after = level.requeued ?? after // calls that are requeued together are neighbours
    let before = after?.previous
    while (before && before.serial > call.serial) [before, after] = [before.previous, before]
    while (after && after.serial < call.serial) [before, after] = [after, after.next]
    call.previous = before
    call.next = after
    if (before) before.next = call
    else level.head = call
    if (after) after.previous = call
    else level.tail = call
    level.requeued = call
    this.#size += 1
  }

  /** Removes a call. One that is not in the queue is ignored: it was cancelled before it came to the queue. */
  remove(call: Call): void {
    const level = this.#level(call)
    if (!call.previous && level.head !== call) return
    if (call.previous) call.previous.next = call.next
    else level.head = call.next
    if (call.next) call.next.previous = call.previous
    else level.tail = call.previous
    call.previous = call.next = undefined
    if (level.requeued === call) level.requeued = undefined
    this.#size -= 1
    if (level.head === undefined && this.#levels.length > KEPT) this.#levels.splice(this.#levels.indexOf(level), 1)
  }

  /** The calls, in the order in which `take()` returns them. */
  *[Symbol.iterator](): Generator<Call> {
    for (const level of this.#levels) for (let { head: call } = level; call; call = call.next) yield call
  }

  /** Removes and returns the next call. */
  take(): Call | undefined {
    const call = this.peek()
    if (call) this.remove(call)
    return call
  }

  #level(call: Call): Level {
    const priority = call.limits.priority ?? 0
    const highest = this.#levels[0]
    if (highest?.priority === priority) return highest
    let at = this.#levels.findIndex((level) => level.priority <= priority)
    if (at < 0) at = this.#levels.length
    const found = this.#levels[at]
    if (found?.priority === priority) return found
    const level: Level = { priority, head: undefined, tail: undefined, requeued: undefined }
    this.#levels.splice(at, 0, level)
    return level
  }
}

interface Level {
  readonly priority: number
  head: Call | undefined
  tail: Call | undefined
  /** The call that was requeued last, while it is in the queue. */
  requeued: Call | undefined
}
