import type { WorkerExit } from '../channel/channel'
import { now } from '../utils/clock'

/** Workers that may end before they serve, in a row, until the pool is given up. */
const FAILED_STARTS = 3
/** Between two attempts to start a worker while the machine lacks something, in ms: twice as long each time. */
const SHORTEST_PAUSE = 100
const LONGEST_PAUSE = 1_000
/** How long the machine may lack it until the calls that wait fail, in ms. */
const PATIENCE = 30_000

/** Codes of errors that pass by themselves: descriptors, processes, threads, memory or room on a disk are used up. */
const LACKING = new Set(['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM', 'ENOSPC', 'EDQUOT', 'ERR_WORKER_INIT_FAILED'])

/** A row of failed starts for which the machine is to blame. */
interface Shortage {
  readonly since: number
  readonly pause: number
  /** When the next worker may be started. */
  readonly until: number
}

/** What becomes of a pool whose workers do not start. */
export class StartHistory {
  /** In a row, for reasons that do not pass. */
  #failed = 0
  #shortage: Shortage | undefined

  /** ms until another worker may be started. */
  get pause(): number {
    return this.#shortage ? Math.max(0, this.#shortage.until - now()) : 0
  }

  /** Whether the last worker that started has begun to serve. */
  get healthy(): boolean {
    return this.#failed === 0 && this.#shortage === undefined
  }

  /** Whether the machine has lacked something for so long that nobody should wait any more. */
  get hopeless(): boolean {
    return this.#shortage !== undefined && now() - this.#shortage.since >= PATIENCE
  }

  succeeded(): void {
    this.#failed = 0
    this.#shortage = undefined
  }

  /**
   * A worker has ended before it served.
   *
   * @returns the pool is given up: worker after worker ended so, and waiting would change nothing
   */
  failed(exit: WorkerExit): boolean {
    if (isLacking(exit.error)) {
      this.#wait()
      return false
    }
    this.#failed += 1
    if (this.#failed < FAILED_STARTS) return false
    this.#failed = 0
    return true
  }

  /** The calls that waited have failed: those that come later wait as long again. */
  forget(): void {
    this.#shortage = undefined
  }

  /** Workers that were started together count once. */
  #wait(): void {
    const time = now()
    const last = this.#shortage
    if (last && time < last.until) return
    const goesOn = last !== undefined && time - last.until < PATIENCE // else nobody has asked for a worker meanwhile
    const pause = goesOn ? Math.min(2 * last.pause, LONGEST_PAUSE) : SHORTEST_PAUSE
    this.#shortage = { since: goesOn ? last.since : time, pause, until: time + pause }
  }
}

/** The error itself may only tell that a worker could not be started, and its cause why. */
function isLacking(error: unknown): boolean {
  for (let depth = 0; depth < 4 && typeof error === 'object' && error !== null; depth++) {
    const { code, cause } = error as { code?: unknown; cause?: unknown }
    if (LACKING.has(code as string)) return true
    error = cause
  }
  return false
}
