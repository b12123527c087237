import type { Call } from './call'

/** Levels up to which empty ones are kept: most programs use few priorities, again and again. */
const KEPT = 4

/** First in, first out within a priority; taking, returning and removing cost the same however long it is. */
export class CallQueue {
  /** Those with calls, and some that had, the highest priority first. */
  readonly #levels: Level[] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The next call, left where it is. */
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

  /** Puts a call back where it came from: before those of its priority that were submitted later. */
  requeue(call: Call): void {
    const level = this.#level(call)
    let after = level.head
    if (after && after.serial < call.serial) after = level.returned ?? after // those that come back together are neighbours
    let before = after?.previous
    while (before && before.serial > call.serial) [before, after] = [before.previous, before]
    while (after && after.serial < call.serial) [before, after] = [after, after.next]
    call.previous = before
    call.next = after
    if (before) before.next = call
    else level.head = call
    if (after) after.previous = call
    else level.tail = call
    level.returned = call
    this.#size += 1
  }

  /** Takes a waiting call out. */
  remove(call: Call): void {
    const level = this.#level(call)
    if (call.previous) call.previous.next = call.next
    else level.head = call.next
    if (call.next) call.next.previous = call.previous
    else level.tail = call.previous
    call.previous = call.next = undefined
    if (level.returned === call) level.returned = undefined
    this.#size -= 1
    if (level.head === undefined && this.#levels.length > KEPT) this.#levels.splice(this.#levels.indexOf(level), 1)
  }

  /** Those that wait, in their order. */
  *[Symbol.iterator](): Generator<Call> {
    for (const level of this.#levels) for (let { head: call } = level; call; call = call.next) yield call
  }

  /** Takes the next call out. */
  take(): Call | undefined {
    const call = this.peek()
    if (call) this.remove(call)
    return call
  }

  #level(call: Call): Level {
    const priority = call.limits.priority ?? 0
    const last = this.#levels[0]
    if (last?.priority === priority) return last
    let at = this.#levels.findIndex((level) => level.priority <= priority)
    if (at < 0) at = this.#levels.length
    const found = this.#levels[at]
    if (found?.priority === priority) return found
    const level: Level = { priority, head: undefined, tail: undefined, returned: undefined }
    this.#levels.splice(at, 0, level)
    return level
  }
}

interface Level {
  readonly priority: number
  head: Call | undefined
  tail: Call | undefined
  /** The last one that was put back, while it waits. */
  returned: Call | undefined
}
