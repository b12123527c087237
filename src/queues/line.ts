import type { Cancel, Waiter } from './source'

/** One who waits, and what for. */
export interface Place<T, W> {
  readonly waiter: Waiter<T>
  /** What it brings: the item to put. */
  readonly wanted: W
  cancel: Cancel
}

/** Those who wait, first come, first served. One who leaves leaves no trace. */
export class Line<T, W = undefined> {
  readonly #places = new Set<Place<T, W>>()

  get length(): number {
    return this.#places.size
  }

  /** Enters the line; returns how to leave it, also where the line has moved elsewhere. */
  enter(waiter: Waiter<T>, wanted: W): Cancel {
    const place: Place<T, W> = {
      waiter,
      wanted,
      cancel: (refused) => {
        if (this.#places.delete(place)) refused()
      },
    }
    this.#places.add(place)
    return (refused) => place.cancel(refused)
  }

  /** The first, who leaves. */
  shift(): Place<T, W> | undefined {
    for (const place of this.#places) {
      this.#places.delete(place)
      return place
    }
    return undefined
  }

  /** All, who leave. */
  clear(): Array<Place<T, W>> {
    const all = [...this.#places]
    this.#places.clear()
    return all
  }
}
