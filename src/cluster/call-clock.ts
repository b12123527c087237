/** When calls of the queue were made, started and settled, as far as their caller knows; for statistics and spans. */
import type { Call } from '../dispatch/call'
import { Durations } from '../dispatch/durations'
import type { DispatcherStats } from '../dispatch/pool-dispatcher'
import { monotonic } from '../utils/clock'
import type { QueueCall } from './queue-call'

export class CallClock {
  readonly #queued = new Durations()
  readonly #ran = new Durations()

  accepted(call: QueueCall): void {
    call.times = { queuedAt: monotonic(), startedAt: undefined, duration: undefined, startPublished: false }
  }

  started({ times }: QueueCall): void {
    if (times) times.startedAt ??= monotonic()
  }

  /** @param duration of the body, in ms, by the clock of its machine */
  measured({ times }: QueueCall, duration: number): void {
    if (!times) return
    times.startedAt ??= Math.max(times.queuedAt, monotonic() - duration)
    times.duration = duration
  }

  /** How long ago a call was made, in ms. */
  age({ times }: QueueCall): number {
    return times ? monotonic() - times.queuedAt : 0
  }

  settled(settled: Call, state: 'finished' | 'failed' | 'cancelled', error: unknown): void {
    const call = settled as QueueCall
    const { times } = call
    if (!times) return
    const at = monotonic()
    const { startedAt } = times
    const running = startedAt === undefined ? null : (times.duration ?? at - startedAt)
    if (startedAt !== undefined) this.#queued.record(startedAt - times.queuedAt)
    if (running !== null) this.#ran.record(running)
    const queued = (startedAt ?? at) - times.queuedAt
    call.span?.end({ state, error, id: call.id, queued, running, worker: call.remotePid })
  }

  stats(): Pick<DispatcherStats, 'queueTime' | 'runTime'> {
    return { queueTime: this.#queued.stats(), runTime: this.#ran.stats() }
  }
}
