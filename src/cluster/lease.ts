/**
 * The leases of a worker machine. While the lease of a job is renewed, no other machine may start the job. If a machine
 * could not renew a lease, it must stop the body before the lease runs out, even if the engine is silent. Otherwise two
 * bodies of one call could run at the same time.
 *
 *   renewal sent ──────────── kill ──── gone ── lease ends, others may start the job
 *                lease − MARGIN    1 s      1 s
 *
 * This thread may be stopped, too. So each process also knows the time of `gone`, and ends by itself at that time. Each
 * renewal gives it a later time (`worker/watchdog.ts`).
 */
import { after, clearAfter, type Timer } from '../utils/after'
import { monotonic } from '../utils/clock'

/** SIGKILL comes 1 s after SIGTERM; another second allows for clocks that run at different rates. In ms. */
export const MARGIN = 2000
/** How long before the end of a lease the processes of its job must be gone, in ms. */
const CLOCKS = 1000
/**
 * How far the clock of a machine may differ from that of PostgreSQL, in ms. Two machines that differ in opposite ways are
 * still no further apart than {@link CLOCKS}.
 */
export const CLOCK_TOLERANCE = CLOCKS / 2

export class Leases {
  readonly #length: number
  readonly #lost: (id: string) => void
  /** When each body has to be stopped, in ms of `monotonic()`. */
  readonly #ends = new Map<string, number>()
  #timer: Timer | undefined
  /** When the timer fires. */
  #firesAt = Infinity

  /**
   * @param length of a lease, in ms
   * @param lost called when a lease is no longer certain
   */
  constructor(length: number, lost: (id: string) => void) {
    this.#length = length
    this.#lost = lost
  }

  /**
   * @param sent when the request that took or renewed the lease was sent, in ms of `monotonic()`. Answers may overtake
   * each other.
   */
  renewed(id: string, sent: number): void {
    this.#ends.set(id, Math.max(sent + this.#length - MARGIN, this.#ends.get(id) ?? 0))
    this.#watch()
  }

  ended(id: string): void {
    this.#ends.delete(id)
    if (this.#ends.size === 0) this.#stop()
  }

  has(id: string): boolean {
    return this.#ends.has(id)
  }

  /** Whether the body may go on. If this machine was stopped for a while, the timer may not have fired yet. */
  isHeld(id: string): boolean {
    return (this.#ends.get(id) ?? 0) > monotonic()
  }

  /** When the processes of the job have to be gone, in ms of `monotonic()`. */
  goneAt(id: string): number {
    return (this.#ends.get(id) ?? 0) + MARGIN - CLOCKS
  }

  /** Gives up a lease at once. */
  giveUp(id: string): void {
    if (!this.#ends.has(id)) return
    this.ended(id)
    this.#lost(id)
  }

  #watch(): void {
    const next = Math.min(...this.#ends.values())
    if (next >= this.#firesAt) return
    this.#stop()
    this.#firesAt = next
    this.#timer = after(Math.max(1, next - monotonic()), () => this.#check()).unref()
  }

  #check(): void {
    this.#stop()
    const at = monotonic()
    for (const [id, end] of [...this.#ends]) if (end <= at) this.giveUp(id)
    if (this.#ends.size > 0) this.#watch()
  }

  #stop(): void {
    clearAfter(this.#timer)
    this.#timer = undefined
    this.#firesAt = Infinity
  }
}
