import type { Channel, WorkerExit } from '../channel/channel'
import type { ClassRef, MethodKey } from '../registry/keys'
import { monotonic } from '../utils/clock'
import { CallState, type Call } from './call'
import type { CallQueue } from './call-queue'
import { FAILED_LOADS, failedImportError } from './call-errors'
import type { WorkerHandle } from './worker-handle'
import { WorkerState } from './worker-state'

/** How long no worker starts for a module that has ended {@link FAILED_LOADS} workers, in ms; doubled each time. */
const FIRST_PAUSE = 1_000
const LONGEST_PAUSE = 30_000

interface Failure {
  /** How many workers in a row have ended while they imported the module. */
  ends: number
  /** The last of these workers: its number among the workers of this thread, its channel and its exit. */
  last: { readonly number: number; readonly channel: Pick<Channel, 'kind' | 'id'>; readonly exit: WorkerExit }
  pause: number
  pausedUntil: number
  /** Older workers that have imported it. The file may have changed since then, or its code may exit only sometimes. */
  readonly healthy: Set<WorkerHandle>
}

/**
 * Modules that end the workers that import them. Each call of such a module would cost several workers. So after
 * {@link FAILED_LOADS} workers, all calls of the module fail at once, and no worker is started for it during a pause. After
 * the pause one worker tries again, because the module may have been fixed. If it ends, too, the next pause is twice as
 * long. Workers that have imported the module go on running its calls.
 */
export class FailedImports {
  readonly #failures = new Map<string, Failure>()

  /** Whether no module has ended a worker, except those that a newer worker has imported since then. */
  get isEmpty(): boolean {
    return this.#failures.size === 0
  }

  /**
   * @param calls the calls that the worker had
   * @returns those that have not started and may run in another worker
   */
  workerExited(worker: WorkerHandle, exit: WorkerExit, calls: readonly Call[]): Call[] {
    for (const failure of this.#failures.values()) failure.healthy.delete(worker)
    const loading = worker.state === WorkerState.Stopped ? [] : calls.filter((call) => worker.isLoading(call))
    for (const key of new Set(loading.map(modulesOf))) this.#note(key, worker, exit)
    if (loading.length === 0 && diedByItself(worker, calls)) for (const call of calls) call.lostWorkers += 1
    return calls.filter((call) => !worker.isRunning(call) && !call.moved && call.lostWorkers < FAILED_LOADS)
  }

  /** A worker has sent the outcome of a call, so it has imported the module. */
  imported(call: Call, worker: WorkerHandle): void {
    if (this.isEmpty) return
    const key = modulesOf(call)
    const failure = this.#failures.get(key)
    if (!failure) return
    if (Number(worker.name) > failure.last.number) this.#failures.delete(key)
    else failure.healthy.add(worker)
  }

  /** The workers that may run the call, because they have imported its module; `undefined`: any worker may. */
  only(call: Call): ReadonlySet<WorkerHandle> | undefined {
    const failure = this.#paused(call)
    if (!failure) return undefined
    for (const worker of failure.healthy) if (worker.state !== WorkerState.Active) failure.healthy.delete(worker)
    return failure.healthy
  }

  /** Time until the first pause ends, in ms; 0: no module is paused. */
  get pause(): number {
    if (this.isEmpty) return 0
    const now = monotonic()
    const pauses = [...this.#failures.values()].map(({ pausedUntil }) => pausedUntil - now).filter((ms) => ms > 0)
    return pauses.length > 0 ? Math.min(...pauses) : 0
  }

  /** Why the call cannot run; `undefined` if it can. */
  refusal(call: Call): Error | undefined {
    const failure = this.#paused(call)
    if (!failure || this.only(call)?.size) return undefined
    return failedImportError(call, failure.last, failure.ends)
  }

  /** Removes the calls that cannot run from the queue, and yields each with the reason. */
  *refused(queue: CallQueue): Generator<[Call, Error]> {
    if (this.isEmpty) return
    for (const call of [...queue]) {
      const refusal = call.state === CallState.Queued && this.refusal(call) // a done-callback may have cancelled it
      if (!refusal) continue
      queue.remove(call)
      yield [call, refusal]
    }
  }

  #note(key: string, worker: WorkerHandle, exit: WorkerExit): void {
    const last = { number: Number(worker.name), channel: { kind: worker.channel.kind, id: worker.channel.id }, exit }
    let failure = this.#failures.get(key)
    if (!failure) this.#failures.set(key, (failure = { ...NONE, last, healthy: new Set() }))
    failure.ends += 1
    failure.last = last
    const now = monotonic()
    if (failure.ends < FAILED_LOADS || now < failure.pausedUntil) return // this worker had started the import before the pause
    failure.pausedUntil = now + failure.pause
    failure.pause = Math.min(2 * failure.pause, LONGEST_PAUSE)
  }

  #paused(call: Call): Failure | undefined {
    if (this.isEmpty) return undefined // true in most pools, at any time
    const failure = this.#failures.get(modulesOf(call))
    return failure && monotonic() < failure.pausedUntil ? failure : undefined
  }
}

const NONE = { ends: 0, pause: FIRST_PAUSE, pausedUntil: 0 }

/** Whether a worker died by itself before it started a call, so that no call can be the reason. */
function diedByItself(worker: WorkerHandle, calls: readonly Call[]): boolean {
  if (worker.state !== WorkerState.Died || !worker.isReady || worker.outcomes > 0) return false
  return !calls.some((call) => worker.isRunning(call))
}

/** All modules that a worker imports for the call. Which of them ended the worker is not known. */
function modulesOf({ payload: { method, extra } }: Call): string {
  const { module } = method.definition.key as Partial<MethodKey>
  const cls = method.definition.cls as ClassRef | null
  return [module?.url, cls?.module.url, ...(extra?.classes ?? [])].join('\n')
}
