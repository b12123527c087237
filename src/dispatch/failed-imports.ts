import type { Channel, WorkerExit } from '../channel/channel'
import type { ClassRef, MethodKey } from '../registry/keys'
import { monotonic } from '../wire/slots'
import { CallState, type Call } from './call'
import type { CallQueue } from './call-queue'
import { FAILED_LOADS, failedImport } from './call-errors'
import type { WorkerHandle } from './worker-handle'

/** How long no worker is started for the module after it has ended the last of {@link FAILED_LOADS}, in ms; then twice as long. */
const FIRST_PAUSE = 1_000
const LONGEST_PAUSE = 30_000

interface Failure {
  /** Workers that ended in a row. */
  ends: number
  /** The last one. */
  last: { readonly serial: number; readonly channel: Pick<Channel, 'kind' | 'id'>; readonly exit: WorkerExit }
  pause: number
  pausedUntil: number
  /** Workers that had imported it nevertheless: the file has changed since, or it exits now and then. */
  readonly healthy: Set<WorkerHandle>
}

/**
 * Modules that end the worker that imports them. Each of their calls would cost worker after worker: after some, all of
 * them fail at once, and no worker is started for them for a while. The one that is started then may find the module
 * mended; else the pause is twice as long the next time. Workers that have the module go on serving it.
 */
export class FailedImports {
  readonly #failures = new Map<string, Failure>()

  /**
   * A worker has ended; `calls` are those that were with it.
   *
   * @returns those that never started, and may be tried once more
   */
  ended(worker: WorkerHandle, exit: WorkerExit, calls: readonly Call[]): Call[] {
    for (const failure of this.#failures.values()) failure.healthy.delete(worker)
    const loading = worker.ending ? [] : calls.filter((call) => worker.isLoading(call))
    for (const key of new Set(loading.map(modulesOf))) this.#note(key, worker, exit)
    if (loading.length === 0 && isLost(worker, calls)) for (const call of calls) call.lostWorkers += 1
    return calls.filter((call) => !worker.hasStarted(call) && !call.moved && call.lostWorkers < FAILED_LOADS)
  }

  /** A call has come to its end in a worker: it has the module. */
  imported(call: Call, worker: WorkerHandle): void {
    if (this.#failures.size === 0) return
    const key = modulesOf(call)
    const failure = this.#failures.get(key)
    if (!failure) return
    if (Number(worker.name) > failure.last.serial) this.#failures.delete(key)
    else failure.healthy.add(worker)
  }

  /** For a call that is to wait for a worker that has its module: which these are; `undefined` where any will do. */
  only(call: Call): ReadonlySet<WorkerHandle> | undefined {
    const failure = this.#paused(call)
    if (!failure) return undefined
    for (const worker of failure.healthy) if (worker.leaving) failure.healthy.delete(worker)
    return failure.healthy
  }

  /** Why the call cannot run; `undefined` where it may. */
  refusal(call: Call): Error | undefined {
    const failure = this.#paused(call)
    if (!failure || this.only(call)?.size) return undefined
    return failedImport(call, failure.last, failure.ends)
  }

  /** Takes those that cannot run out of the queue, each with the reason. */
  *refused(queue: CallQueue): Generator<[Call, Error]> {
    if (this.#failures.size === 0) return
    for (const call of [...queue]) {
      const refusal = call.state === CallState.Queued && this.refusal(call) // a done-callback may have cancelled it
      if (!refusal) continue
      queue.remove(call)
      yield [call, refusal]
    }
  }

  #note(key: string, worker: WorkerHandle, exit: WorkerExit): void {
    const last = { serial: Number(worker.name), channel: { kind: worker.channel.kind, id: worker.channel.id }, exit }
    let failure = this.#failures.get(key)
    if (!failure) this.#failures.set(key, (failure = { ...NONE, last, healthy: new Set() }))
    failure.ends += 1
    failure.last = last
    const now = monotonic()
    if (failure.ends < FAILED_LOADS || now < failure.pausedUntil) return // those that were on their way already
    failure.pausedUntil = now + failure.pause
    failure.pause = Math.min(2 * failure.pause, LONGEST_PAUSE)
  }

  #paused(call: Call): Failure | undefined {
    if (this.#failures.size === 0) return undefined // most pools never come further
    const failure = this.#failures.get(modulesOf(call))
    return failure && monotonic() < failure.pausedUntil ? failure : undefined
  }
}

const NONE = { ends: 0, pause: FIRST_PAUSE, pausedUntil: 0 }

/** Whether a worker ended by itself though no call can have set that off: it had come to none. */
function isLost(worker: WorkerHandle, calls: readonly Call[]): boolean {
  if (worker.ending || !worker.alive || worker.outcomes > 0) return false
  return !calls.some((call) => worker.hasStarted(call))
}

/** All that a worker imports for the call: which of them ended it cannot be told. */
function modulesOf({ payload: { method, extra } }: Call): string {
  const { module } = method.definition.key as Partial<MethodKey>
  const cls = method.definition.cls as ClassRef | null
  return [module?.url, cls?.module.url, ...(extra?.classes ?? [])].join('\n')
}
