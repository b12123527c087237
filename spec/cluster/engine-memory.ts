/**
 * An engine in memory: jobs, leases and channels as the real ones have them. It takes the time from utils/clock, so that
 * `FakeClock` makes it virtual. Its network can lose, double and delay messages, it can be silent, and it can lose its data.
 */
import type {
  CallerEngine,
  JobData,
  JobEnd,
  JobRecord,
  NewJob,
  PickedJob,
  QueueCounts,
  Repetition,
} from '../../src/cluster/engine'
import { after, clearAfter, type Timer } from '../../src/utils/after'
import { monotonic } from '../../src/utils/clock'
import { MemoryWorker } from './engine-memory-worker'

/** The states of {@link JobRecord}, and a place in the queue. */
export interface StoredJob {
  readonly id: string
  readonly job: Omit<NewJob, 'id'>
  data: JobData
  state: 'waiting' | 'active' | 'finished' | 'failed'
  /** When it may start, in ms of `monotonic()`. */
  startsAt: number
  /** Jobs with a lower one go first. */
  place: number
  pickUps: number
  failures: number
  outcome?: string
  progress?: unknown
  /** Who has picked it up, and until when. */
  lease?: { readonly worker: MemoryWorker; until: number }
}

interface Listener {
  readonly reply: (text: string) => void
  readonly resumed: () => void
}

export class MemoryEngine {
  readonly jobs = new Map<string, StoredJob>()
  readonly workers = new Set<MemoryWorker>()
  /** The ids of jobs whose data was lost. Nothing knows any more that their bodies may run. */
  readonly forgotten = new Set<string>()
  /** After how many ms the copies of a message arrive: `[]` loses it, `[1, 9]` doubles it. */
  network: () => readonly number[] = () => [1]
  readonly #callers = new Map<string, Listener>()
  readonly #repetitions = new Map<string, Timer>()
  #place = 0
  #isSilent = false
  #heard: Array<() => void> = []

  /** What a request is answered with: once the engine is not silent any more. */
  async answer<T>(work: () => T): Promise<T> {
    while (this.#isSilent) await new Promise<void>((resolve) => this.#heard.push(resolve))
    return work()
  }

  silence(): void {
    this.#isSilent = true
  }

  /** Answers again. Messages that were sent meanwhile are lost, and callers are told so. */
  resume(): void {
    this.#isSilent = false
    for (const resolve of this.#heard.splice(0)) resolve()
    for (const { resumed } of this.#callers.values()) resumed()
    this.offer()
  }

  /** As if it was restarted without a disk. */
  loseData(): void {
    for (const id of this.jobs.keys()) this.forgotten.add(id)
    this.jobs.clear()
  }

  send(deliver: () => void): void {
    if (this.#isSilent) return
    for (const delay of this.network()) after(delay, () => !this.#isSilent && deliver())
  }

  add({ id, ...job }: NewJob): void {
    if (this.jobs.has(id)) return
    const { data, delay } = job
    const startsAt = monotonic() + delay
    this.jobs.set(id, { id, job, data, state: 'waiting', startsAt, place: ++this.#place, pickUps: 0, failures: 0 })
    this.offer(delay)
  }

  /** Gives jobs that may start to workers that have room, now or in `ms`. */
  offer(ms = 0): void {
    after(Math.max(1, ms), () => {
      if (this.#isSilent) return
      for (const worker of this.workers) while (worker.hasRoom && this.#pickUp(worker));
    })
  }

  record(id: string): JobRecord {
    const stored = this.jobs.get(id)
    if (!stored) return { id, state: 'missing', pickUps: 0, failures: 0, attempts: 1 }
    const { state, data, pickUps, failures, outcome, progress, job } = stored
    const { name, attempts } = job
    return { id, name, state, data: { ...data }, pickUps, failures, attempts, outcome, progress: progress ?? 0 }
  }

  /** What a worker that still has the lease writes. @returns whether the job is in the queue again; `undefined`: refused */
  end(worker: MemoryWorker, id: string, end: JobEnd): boolean | undefined {
    const stored = this.jobs.get(id)
    if (stored?.lease?.worker !== worker) return undefined
    stored.lease = undefined
    if (end.type === 'requeue') {
      stored.data = { ...stored.data, b: (stored.data.b ?? 0) + 1 }
      this.#enqueue(stored, end.delay)
      return true
    }
    if (end.type === 'failed') {
      stored.failures += 1
      if (end.retry && stored.failures < stored.job.attempts) {
        this.#enqueue(stored, stored.job.backoff * 2 ** (stored.failures - 1))
        return true
      }
    }
    stored.state = end.type
    stored.outcome = end.outcome
    this.offer()
    return false
  }

  recoverLost(): string[] {
    const lost = [...this.jobs.values()].filter(({ lease }) => lease !== undefined && lease.until <= monotonic())
    for (const stored of lost) {
      stored.lease = undefined
      this.#enqueue(stored, 0)
    }
    return lost.map(({ id }) => id)
  }

  control(text: string): void {
    for (const worker of this.workers) this.send(() => worker.handlers?.control(text))
  }

  reply(caller: string, text: string): void {
    this.send(() => this.#callers.get(caller)?.reply(text))
  }

  counts(): QueueCounts {
    const all = [...this.jobs.values()]
    const count = (is: (job: StoredJob) => boolean): number => all.filter(is).length
    return {
      waiting: count(({ state, startsAt }) => state === 'waiting' && startsAt <= monotonic()),
      delayed: count(({ state, startsAt }) => state === 'waiting' && startsAt > monotonic()),
      active: count(({ state }) => state === 'active'),
      failed: count(({ state }) => state === 'failed'),
      workers: this.workers.size,
    }
  }

  repeat(key: string, schedule: Repetition, job: Omit<NewJob, 'id'>): void {
    this.unrepeat(key)
    const again = (): void => {
      this.add({ ...job, id: `repeat:${key}:${Math.round(monotonic())}` })
      this.#repetitions.set(key, after(schedule.every ?? 1000, again))
    }
    again()
  }

  unrepeat(key: string): boolean {
    clearAfter(this.#repetitions.get(key))
    return this.#repetitions.delete(key)
  }

  caller(): CallerEngine {
    const callers: string[] = []
    return {
      ready: () => this.answer(() => undefined),
      add: (jobs) => this.answer(() => jobs.forEach((job) => this.add(job))),
      remove: (id) => this.answer(() => this.jobs.get(id)?.state === 'waiting' && this.jobs.delete(id)),
      read: (ids) => this.answer(() => ids.map((id) => this.record(id))),
      recoverLost: () => this.answer(() => this.recoverLost()),
      listen: (caller, reply, resumed) => {
        callers.push(caller)
        this.#callers.set(caller, { reply, resumed })
      },
      reply: (caller, text) => this.reply(caller, text),
      control: (text) => this.answer(() => this.control(text)),
      counts: () => this.answer(() => this.counts()),
      failed: (start, end) => this.answer(() => this.#failed().slice(start, end + 1)),
      time: () => monotonic(),
      problem: () => undefined,
      retry: (id, renew) => this.answer(() => this.#retry(id, renew)),
      forget: (id) => this.answer(() => void this.jobs.delete(id)),
      repeat: (key, schedule, job) => this.answer(() => this.repeat(key, schedule, job)),
      unrepeat: (key) => this.answer(() => this.unrepeat(key)),
      hold: () => undefined,
      close: () => this.answer(() => callers.forEach((caller) => this.#callers.delete(caller))),
    }
  }

  worker(options: { readonly parallel: number; readonly lease: number }): MemoryWorker {
    return new MemoryWorker(this, options)
  }

  #pickUp(worker: MemoryWorker): boolean {
    const ready = [...this.jobs.values()].filter(
      ({ state, startsAt }) => state === 'waiting' && startsAt <= monotonic(),
    )
    ready.sort((a, b) => b.job.priority - a.job.priority || a.place - b.place)
    const [next] = ready
    if (!next) return false
    next.state = 'active'
    next.pickUps += 1
    next.lease = { worker, until: monotonic() + worker.options.lease }
    const record = this.record(next.id) as PickedJob
    worker.run({ ...record, waited: monotonic() - next.startsAt })
    return true
  }

  #enqueue(stored: StoredJob, delay: number): void {
    stored.state = 'waiting'
    stored.startsAt = monotonic() + delay
    this.offer(delay)
  }

  #failed(): string[] {
    return [...this.jobs.values()]
      .filter(({ state }) => state === 'failed')
      .map(({ id }) => id)
      .reverse()
  }

  #retry(id: string, renew: (data: JobData) => JobData): boolean {
    const stored = this.jobs.get(id)
    if (stored?.state !== 'failed') return false
    Object.assign(stored, { pickUps: 0, failures: 0, outcome: undefined, data: { ...renew(stored.data), b: 0 } })
    this.#enqueue(stored, 0)
    return true
  }
}
