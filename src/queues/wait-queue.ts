import type { CancelWait, QueueWaiter } from './queue-source'

/** One who waits, and what for. */
export interface WaitEntry<T, W> {
  readonly waiter: QueueWaiter<T>
  /** What it brings: the item to put. */
  readonly item: W
  cancel: CancelWait
}

/** Those who wait, first come, first served. One who leaves leaves no trace. */
export class WaitQueue<T, W = undefined> {
  readonly #entries = new Set<WaitEntry<T, W>>()

  get length(): number {
    return this.#entries.size
  }

  /** Enters the line; returns how to leave it, also where the line has moved elsewhere. */
  enter(waiter: QueueWaiter<T>, item: W): CancelWait {
    const entry: WaitEntry<T, W> = {
      waiter,
      item,
      cancel: (refused) => {
        if (this.#entries.delete(entry)) refused()
      },
    }
    this.#entries.add(entry)
    return (refused) => entry.cancel(refused)
  }

  /** The first, who leaves. */
  shift(): WaitEntry<T, W> | undefined {
    for (const entry of this.#entries) {
      this.#entries.delete(entry)
      return entry
    }
    return undefined
  }

  /** All, who leave. */
  clear(): Array<WaitEntry<T, W>> {
    const all = [...this.#entries]
    this.#entries.clear()
    return all
  }
}
