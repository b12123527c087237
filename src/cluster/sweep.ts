/**
 * Reads the records of calls about which nothing has arrived for a while. Replies may be lost, but records are the
 * truth, so no call waits forever. The sweep also requeues jobs whose worker was lost. Workers do that, too, but all of
 * them may be gone.
 */
import { after, clearAfter, type Timer } from '../utils/after'
import { monotonic } from '../utils/clock'
import { reportFailure } from '../utils/failures'
import type { CallerEngine, JobRecord } from './engine'
import type { QueueCall } from './queue-call'
import type { Reply } from './replies'

/** How many records one sweep reads at most. Calls that were silent for the longest time come first; those that run and those that wait have half each. */
const MOST = 500
/** The time between two reads of calls whose replies another program may get, in ms. */
const POLL_EVERY = 250

interface SweepHooks {
  /** The pending calls. */
  calls(): QueueCall[]
  isOurs(id: string): boolean
  /** @param asked when the record was asked for, in ms of `monotonic()` */
  record(record: JobRecord, asked: number): void
}

export class Sweep {
  readonly #engine: CallerEngine
  readonly #every: number
  readonly #hooks: SweepHooks
  #timer: Timer | undefined
  #poller: Timer | undefined
  readonly #wanted = new Set<string>()

  constructor({ engine, checkEvery }: { engine: CallerEngine; checkEvery: number }, hooks: SweepHooks) {
    this.#engine = engine
    this.#every = checkEvery
    this.#hooks = hooks
  }

  /** Starts the timers, which run while calls are pending. */
  start(): void {
    this.#timer ??= this.#startTimer()
    this.#poller ??= this.#startPoller()
  }

  /** Stops the timers when no call is pending: they would keep the program alive. */
  stop(): void {
    clearAfter(this.#timer)
    clearAfter(this.#poller)
    this.#timer = this.#poller = undefined
  }

  /** Reads the records of these calls now. */
  lookAt(ids: readonly string[]): void {
    const isFirst = this.#wanted.size === 0
    for (const id of ids) this.#wanted.add(id)
    if (isFirst) void this.#readWanted().catch(reportFailure)
  }

  async #readWanted(): Promise<void> {
    await Promise.resolve()
    const ids = [...this.#wanted]
    this.#wanted.clear()
    for (let at = 0; at < ids.length; at += MOST) await this.#read(ids.slice(at, at + MOST))
  }

  #startTimer(): Timer {
    const timer = after(this.#every, () => {
      const isCurrent = (): boolean => this.#timer === timer
      void this.#run(isCurrent).catch(reportFailure)
    })
    return timer
  }

  #startPoller(): Timer {
    const timer = after(POLL_EVERY, () => {
      const isCurrent = (): boolean => this.#poller === timer
      void this.#poll(isCurrent).catch(reportFailure)
    })
    return timer
  }

  /** @param isCurrent whether it was not stopped meanwhile, and perhaps started again */
  async #run(isCurrent: () => boolean): Promise<void> {
    try {
      await this.#recoverLost()
      const since = monotonic() - this.#every
      const calls = this.#hooks.calls().filter((call) => call.isAdded && call.heardAt <= since)
      await this.#readOldest([calls.filter((call) => call.isActive), calls.filter((call) => !call.isActive)])
    } finally {
      if (isCurrent()) {
        this.#timer = undefined
        if (this.#hooks.calls().length > 0) this.start()
      }
    }
  }

  async #poll(isCurrent: () => boolean): Promise<void> {
    try {
      await this.#readOldest([this.#hooks.calls().filter((call) => call.polls)])
    } finally {
      if (isCurrent()) {
        this.#poller = undefined
        if (this.#hooks.calls().some((call) => call.polls)) this.start()
      }
    }
  }

  /** Reads the records of the calls that were silent for the longest time. Each group has its share. */
  async #readOldest(groups: readonly QueueCall[][]): Promise<void> {
    for (const calls of groups) calls.sort((a, b) => a.heardAt - b.heardAt)
    const share = MOST / groups.length
    const first = groups.flatMap((calls) => calls.slice(0, share))
    const rest = groups.flatMap((calls) => calls.slice(share)).slice(0, MOST - first.length)
    await this.#read([...new Set([...first, ...rest].map(({ id }) => id))])
  }

  /** Jobs of other callers may be among them: those callers get a reply. */
  async #recoverLost(): Promise<void> {
    const ids = await this.#engine.recoverLost().catch(() => [])
    await this.#read(ids.filter((id) => this.#hooks.isOurs(id)))
    const foreign = ids.filter((id) => !this.#hooks.isOurs(id))
    for (const { id, data } of foreign.length === 0 ? [] : await this.#engine.read(foreign).catch(() => [])) {
      if (data) this.#engine.reply(data.c, JSON.stringify({ t: 'look', id } satisfies Reply))
    }
  }

  /** Without an answer the state is not known, and the next sweep asks again. */
  async #read(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    const asked = monotonic()
    const records = await this.#engine.read(ids).catch(() => [])
    for (const record of records) this.#hooks.record(record, asked)
  }
}
