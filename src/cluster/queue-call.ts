/** A call that runs on another machine, as its caller sees it. */
import { Call, type CallLimits, type CallSettings } from '../dispatch/call'
import { crypto } from '../utils/lazy'
import { QueueFuture, type QueueControl } from './queue-future'

export interface QueueLimits extends CallLimits {
  /** The id of the call. If there is one of that id already, the call joins it. */
  readonly id?: string
  /** How long the call waits before it may start, in ms. */
  readonly delay?: number
}

export class QueueCall extends Call implements QueueControl {
  declare readonly limits: QueueLimits
  /** The machine that has it, according to the last reply. */
  machine: string | null = null
  /** The process that ran it. */
  remotePid: number | null = null
  attempt = 0
  /** The last progress that was passed on, sealed. */
  lastProgress: string | undefined
  /** Whether its body runs, according to the last reply. */
  isActive = false
  /**
   * When the queue acknowledged it, in ms of `monotonic()`. A record that was read before that says nothing about it.
   */
  addedAt = Infinity
  /** Another program may get its replies, so its record is read often. */
  polls = false
  /** A reply asked for a look at its record before the queue acknowledged it. */
  wasMissed = false
  /** Its outcome has arrived. */
  isOver = false
  /** Another program, or an earlier run, made it; this pool attached to it. */
  isAttached = false
  /** When the last reply or record of it was received, in ms of `monotonic()`. */
  heardAt = 0
  #id: string | undefined

  constructor(settings: CallSettings) {
    super({ ...settings, futureClass: QueueFuture })
  }

  /** Whether the queue has acknowledged it. */
  get isAdded(): boolean {
    return this.addedAt !== Infinity
  }

  get id(): string {
    return (this.#id ??= this.limits.id ?? crypto().randomUUID())
  }

  override get pid(): number | null {
    return this.remotePid
  }

  override running(): boolean {
    return this.isActive && !this.future.done()
  }
}
