/**
 * The slots of a worker: one per call that was sent. A slot shows how far its call is. The parent can read it at any
 * time, and can revoke the call until it starts, without the help of the worker.
 *
 *                                   worker: start(), the start mark
 *                ┌──────────────────────────────────────────────────────┐
 *  parent:       │        worker: markLoading()                         ▼
 *  open() ───► Sent ─────────────────────────► Loading ──start()──► Started ──► Done (processes)
 *                │                                │
 *                └──────────────┬─────────────────┘
 *                               ▼ parent: revoke()
 *                            Revoked       the worker answers with a Revoked message and never runs the body
 *
 * Most calls go from Sent to Started. A call is Loading only if the worker has to load something for it first: the module
 * of its method, a class, or the source of its absent fields.
 *
 * For threads the slots are in shared memory: compare-and-swap decides between start and revocation. For processes they
 * are in a file without a name (`slot-file.ts`).
 */
import { monotonic } from '../utils/clock'

/** How many slots for calls a worker has. A call's slot is `sequence % SLOTS`, so a worker never has more calls. */
export const SLOTS = 512

export const enum SlotState {
  Free,
  Sent,
  Loading, // the worker imports the module of the method, or loads something else for the call
  Started,
  Revoked,
  Done, // processes only: the outcome is in the slot
}

/** The parent's side of the slots. */
export interface ParentSlots {
  /** Opens the slot of a call, before the call is sent. */
  open(sequence: number): void
  state(sequence: number): SlotState
  /** When the body started, in ms of {@link monotonic}; meaningless before. */
  startedAt(sequence: number): number
  /** How long the body has worked at `now`, in ms, without its pauses; meaningless before it started. */
  worked(sequence: number, now: number): number
  /** Whether the body waits for the reader of its stream. */
  isPaused(sequence: number): boolean
  /** Revokes the call. `false`: it has started, or may have. */
  revoke(sequence: number): boolean
  /** Revokes several calls in this order; returns those that were revoked. */
  revokeAll(sequences: readonly number[]): number[]
  close(): void
}

/** The worker's side of the slots. */
export interface WorkerSlots {
  markLoading(sequence: number): void
  /** Claims the call with a start mark, right before its body runs. `false`: the call was revoked. */
  start(sequence: number): boolean
  /** When the latest call started, as its slot says. Durations count from there. */
  readonly lastStart: number
  /** Stops the work clock of a body that waits for the reader of its stream: its limit does not count that time. */
  pause(sequence: number): void
  resume(sequence: number): void
}

/**
 * The work clock of a body: how long it has worked, as one number, so that the other side never reads half of a change.
 * Positive: it works; the number is its start, moved later by the length of its pauses. Negative: it is paused; the
 * number is minus the ms that it has worked.
 */
export const workClock = {
  worked: (clock: number, now: number): number => (clock < 0 ? -clock : now - clock),
  paused: (clock: number, now: number): number => (clock < 0 ? clock : -Math.max(now - clock, Number.MIN_VALUE)),
  resumed: (clock: number, now: number): number => (clock < 0 ? now + clock : clock),
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
    // the memory is garbage-collected
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
    // The time is written before the state: a parent that reads Started finds it.
    this.#clocks[slot] = this.#times[slot] = this.#lastStart
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
