/**
 * Where a worker's calls stand, readable and, until the start, revocable by the parent without the worker's help.
 *
 *            worker                    worker
 *   Sent ──────────► Loading ──────────────► Started
 *     └───────┬─────────┘
 *             ▼ parent: withdraw()
 *         Withdrawn                the worker answers `Skipped` and never runs the body
 *
 * Threads keep the slots in shared memory, where compare-and-swap decides between start and withdrawal; processes in a
 * file without a name (`slot-file.ts`).
 */
import { hrtime } from '../utils/clock'
import { SLOTS } from './messages'

export const enum SlotState {
  Free,
  Sent,
  Loading, // the worker imports the method's module for it
  Started,
  Revoked,
  Done, // processes only: the outcome is in the slot
}

/** The parent's view. */
export interface ParentSlots {
  /** Opens the slot, before the call is sent. */
  open(sequence: number): void
  state(sequence: number): SlotState
  /** When the body started, in ms of {@link monotonic}; meaningless before. */
  startedAt(sequence: number): number
  /** How long the body has worked at `now`, in ms, without its pauses; meaningless before it started. */
  worked(sequence: number, now: number): number
  /** Whether the body waits for the reader of its values. */
  isPaused(sequence: number): boolean
  /** Takes the call back. `false`: it has started, or may have. */
  revoke(sequence: number): boolean
  /** The same for several, one after the other: those that were taken back. */
  revokeAll(sequences: readonly number[]): number[]
  close(): void
}

/** The worker's view. */
export interface WorkerSlots {
  markLoading(sequence: number): void
  /** Claims the call, right before its body. `false`: it was withdrawn. */
  start(sequence: number): boolean
  /** When the call that was claimed last started, as the parent's view tells it: durations are measured from there. */
  readonly lastStart: number
  /** The body waits for the reader of its values: its limit does not count that time. */
  pause(sequence: number): void
  resume(sequence: number): void
}

/**
 * How long a body works, as one number, which is written and read whole. Positive: the time since when it works, later by
 * the length of its pauses. Negative: it is paused, and had worked for that many ms.
 */
export const workClock = {
  worked: (clock: number, now: number): number => (clock < 0 ? -clock : now - clock),
  paused: (clock: number, now: number): number => (clock < 0 ? clock : -Math.max(now - clock, Number.MIN_VALUE)),
  resumed: (clock: number, now: number): number => (clock < 0 ? now + clock : clock),
}

/** Milliseconds on the machine's one monotonic clock: the same in every thread and process. */
export function monotonic(): number {
  const [seconds, nanoseconds] = hrtime()
  return seconds * 1e3 + nanoseconds / 1e6
}

const TIMES_AT = SLOTS * Int32Array.BYTES_PER_ELEMENT
const CLOCKS_AT = TIMES_AT + SLOTS * Float64Array.BYTES_PER_ELEMENT
export const SHARED_SLOTS_BYTES = CLOCKS_AT + SLOTS * Float64Array.BYTES_PER_ELEMENT

/** Slots in shared memory, for threads. */
export class SharedSlots implements ParentSlots, WorkerSlots {
  readonly memory: SharedArrayBuffer
  readonly #states: Int32Array
  readonly #times: Float64Array
  readonly #clocks: Float64Array

  #lastStart = 0

  constructor(memory = new SharedArrayBuffer(SHARED_SLOTS_BYTES)) {
    this.memory = memory
    this.#states = new Int32Array(memory, 0, SLOTS)
    this.#times = new Float64Array(memory, TIMES_AT, SLOTS)
    this.#clocks = new Float64Array(memory, CLOCKS_AT, SLOTS)
  }

  open(sequence: number): void {
    Atomics.store(this.#states, sequence % SLOTS, SlotState.Sent)
  }

  state(sequence: number): SlotState {
    return Atomics.load(this.#states, sequence % SLOTS)
  }

  startedAt(sequence: number): number {
    return this.#times[sequence % SLOTS] as number
  }

  worked(sequence: number, now: number): number {
    return workClock.worked(this.#clockOf(sequence), now)
  }

  isPaused(sequence: number): boolean {
    return this.#clockOf(sequence) < 0
  }

  revoke(sequence: number): boolean {
    const slot = sequence % SLOTS
    return this.#swap(slot, SlotState.Sent, SlotState.Revoked) || this.#swap(slot, SlotState.Loading, SlotState.Revoked)
  }

  revokeAll(sequences: readonly number[]): number[] {
    return sequences.filter((sequence) => this.revoke(sequence))
  }

  close(): void {
    // memory is the collector's
  }

  get lastStart(): number {
    return this.#lastStart
  }

  markLoading(sequence: number): void {
    this.#swap(sequence % SLOTS, SlotState.Sent, SlotState.Loading)
  }

  start(sequence: number): boolean {
    const slot = sequence % SLOTS
    this.#lastStart = monotonic()
    this.#clocks[slot] = this.#times[slot] = this.#lastStart // before the state: who sees `Started` sees the time
    return this.#swap(slot, SlotState.Sent, SlotState.Started) || this.#swap(slot, SlotState.Loading, SlotState.Started)
  }

  pause(sequence: number): void {
    this.#clocks[sequence % SLOTS] = workClock.paused(this.#clockOf(sequence), monotonic())
  }

  resume(sequence: number): void {
    this.#clocks[sequence % SLOTS] = workClock.resumed(this.#clockOf(sequence), monotonic())
  }

  #clockOf(sequence: number): number {
    return this.#clocks[sequence % SLOTS] as number
  }

  #swap(slot: number, from: SlotState, to: SlotState): boolean {
    return Atomics.compareExchange(this.#states, slot, from, to) === (from as number)
  }
}
