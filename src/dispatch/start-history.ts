import type { WorkerExit } from '../channel/channel'
import { monotonic } from '../utils/clock'

/** After this many workers in a row exited before they were ready, the pool is given up. */
const FAILED_STARTS = 3
/** The pause between two attempts to start a worker during a shortage, in ms: twice as long each time. */
const SHORTEST_PAUSE = 100
const LONGEST_PAUSE = 1_000
/** How long a shortage may last before the waiting calls fail, in ms. */
const PATIENCE = 30_000

/**
 * Error codes of a shortage that may end by itself: no descriptors, processes, threads, memory or disk space are left.
 */
const SHORTAGE_CODES = new Set(['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM', 'ENOSPC', 'EDQUOT', 'ERR_WORKER_INIT_FAILED'])

/** Failed starts in a row, because the machine lacks a resource. */
interface Shortage {
  readonly since: number
  readonly pause: number
  /** When the next worker may be started. */
  readonly until: number
}

/** How the last starts of workers went. Decides whether and when another worker starts, and when the pool gives up. */
export class StartHistory {
  /** Failed starts in a row that had another cause than a shortage. */
  #failed = 0
  #shortage: Shortage | undefined

  /** Time until another worker may be started, in ms. */
  get pause(): number {
    return this.#shortage ? Math.max(0, this.#shortage.until - monotonic()) : 0
  }

  /** Whether the last start succeeded. */
  get healthy(): boolean {
    return this.#failed === 0 && this.#shortage === undefined
  }

  /** Whether the shortage has lasted so long that the waiting calls are to fail. */
  get hopeless(): boolean {
    return this.#shortage !== undefined && monotonic() - this.#shortage.since >= PATIENCE
  }

  succeeded(): void {
    this.#failed = 0
    this.#shortage = undefined
  }

  /**
   * A worker has exited before it was ready.
   *
   * @returns whether the pool is given up: too many starts in a row have failed, and a pause would not help
   */
  failed(exit: WorkerExit): boolean {
    if (isShortage(exit.error)) {
      this.#wait()
      return false
    }
    this.#failed += 1
    if (this.#failed < FAILED_STARTS) return false
    this.#failed = 0
    return true
  }

  /** The waiting calls have failed. Later calls wait as long again. */
  forget(): void {
    this.#shortage = undefined
  }

  /** Begins a pause, or a longer one. Workers that were started together count as one attempt. */
  #wait(): void {
    const time = monotonic()
    const last = this.#shortage
    if (last && time < last.until) return
    const goesOn = last !== undefined && time - last.until < PATIENCE // otherwise no worker was needed for a while
    const pause = goesOn ? Math.min(2 * last.pause, LONGEST_PAUSE) : SHORTEST_PAUSE
    this.#shortage = { since: goesOn ? last.since : time, pause, until: time + pause }
  }
}

/** If the error only says that a worker could not be started, its cause has the code. */
function isShortage(error: unknown): boolean {
  for (let depth = 0; depth < 4 && typeof error === 'object' && error !== null; depth++) {
    const { code, cause } = error as { code?: unknown; cause?: unknown }
    if (SHORTAGE_CODES.has(code as string)) return true
    error = cause
  }
  return false
}
