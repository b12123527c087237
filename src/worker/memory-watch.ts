import { getHeapStatistics } from 'node:v8'

/** Tells, once, that this worker uses more memory than it may. */
export class MemoryWatch {
  readonly #kind: 'thread' | 'process'
  readonly #limit: number | undefined
  #told = false

  /** @param limit bytes: of the heap in a thread, of the resident set in a process */
  constructor(kind: 'thread' | 'process', limit: number | undefined) {
    this.#kind = kind
    this.#limit = limit
  }

  /** Whether the limit is passed now, and was not told before. */
  passed(): boolean {
    if (this.#limit === undefined || this.#told) return false
    const used = this.#kind === 'thread' ? getHeapStatistics().used_heap_size : process.memoryUsage.rss()
    return (this.#told = used > this.#limit)
  }
}
