import { ListNode, WaitList } from '../sync/wait-list'
import type { CancelWait, WaitHandler } from '../utils/limited-wait'

/** One wait. */
export class WaitEntry<T, W> extends ListNode {
  readonly handler: WaitHandler<T>
  /** What the wait brings: the item to put. */
  readonly item: W
  cancel: CancelWait

  constructor(handler: WaitHandler<T>, item: W, cancel: CancelWait) {
    super()
    this.handler = handler
    this.item = item
    this.cancel = cancel
  }
}

/** The waits of one kind at a queue: first come, first served. */
export class WaitQueue<T, W = undefined> {
  readonly #entries = new WaitList<WaitEntry<T, W>>()

  get length(): number {
    return this.#entries.length
  }

  /** Appends a wait. Returns how to cancel it, even if it moves to another queue meanwhile. */
  enter(handler: WaitHandler<T>, item: W): CancelWait {
    const entry: WaitEntry<T, W> = new WaitEntry(handler, item, (refused) => {
      if (this.#entries.remove(entry)) refused()
    })
    this.#entries.append(entry)
    return (refused) => entry.cancel(refused)
  }

  /** Removes the first wait. */
  shift(): WaitEntry<T, W> | undefined {
    return this.#entries.shift()
  }

  /** Removes all waits. */
  clear(): Array<WaitEntry<T, W>> {
    return this.#entries.clear()
  }
}
