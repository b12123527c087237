import { v8 } from '../utils/lazy'

/** Notices when this worker uses more memory than it may. */
export class MemoryWatch {
  readonly #kind: 'thread' | 'process'
  readonly #limit: number | undefined
  #isReported = false

  /** @param limit bytes: of the heap in a thread, of the resident set in a process */
  constructor(kind: 'thread' | 'process', limit: number | undefined) {
    this.#kind = kind
    this.#limit = limit
  }

  /** Whether the limit is exceeded; true only once. */
  passed(): boolean {
    if (this.#limit === undefined || this.#isReported) return false
    const used = this.#kind === 'thread' ? v8().getHeapStatistics().used_heap_size : process.memoryUsage.rss()
    return (this.#isReported = used > this.#limit)
  }
}
