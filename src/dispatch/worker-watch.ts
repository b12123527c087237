import { availableParallelism } from 'node:os'
import type { MethodKey } from '../registry/keys'
import { fileText } from '../registry/keys'
import { warnOnce } from '../registry/warn-once'
import { after, type Timer } from '../utils/after'
import { monotonic } from '../utils/clock'
import type { Call } from './call'
import type { WorkerManager } from './worker-manager'
import type { WorkerHandle } from './worker-handle'
import { WorkerState } from './worker-state'

/** How long a worker may go without an outcome while calls wait in its backlog, in ms. */
const STALLED_AFTER = 5
/** How long a call may run while others wait behind it and another worker is free, in ms. */
const HELD_AFTER = 1
const CORES = availableParallelism()
/** Time between two checks for unresponsive workers, in ms. A worker that is found twice in a row is replaced. */
const UNRESPONSIVE_AFTER = 1_000
/** Time between two checks for slow imports, in ms. */
const IMPORTS_EVERY = 500
/** How long the import of a module may take until there is a warning, in ms. A cold compiler takes seconds. */
const SLOW_IMPORT = 5_000

/** Characters of a function's text in a warning. */
const MOST_SHOWN = 40

export interface WatchListener {
  /** The worker has sent no outcome for a while, and other calls wait behind the one that it runs. */
  stalled(worker: WorkerHandle): void
  /** The worker starts none of its calls. */
  unresponsive(worker: WorkerHandle): void
}

/**
 * Watches the workers that have calls. Each check has a timer of its own, which runs only while the check applies to
 * some worker, and never keeps the program alive.
 */
export class WorkerWatch {
  readonly #stalls: PeriodicCheck
  readonly #imports: PeriodicCheck
  readonly #responses: PeriodicCheck
  readonly #waiting: WaitingCheck

  constructor(workers: WorkerManager, listener: WatchListener) {
    this.#waiting = new WaitingCheck(workers, listener)
    this.#stalls = new PeriodicCheck(workers, STALLED_AFTER, new StallCheck(listener))
    this.#imports = new PeriodicCheck(workers, IMPORTS_EVERY, new ImportCheck())
    this.#responses = new PeriodicCheck(workers, UNRESPONSIVE_AFTER, new ResponseCheck(listener))
  }

  /**
   * Whether both checks that apply to a worker with one call have a timer. Such a check starts itself again while it
   * applies to some worker, so a lone call does not have to start it.
   */
  get coversLoneCalls(): boolean {
    return this.#imports.timer !== undefined && this.#responses.timer !== undefined
  }

  /** Calls were sent: starts the checks that apply and are not running yet. */
  start(): void {
    if (!this.#stalls.timer) this.#stalls.start()
    if (!this.#imports.timer) this.#imports.start()
    if (!this.#responses.timer) this.#responses.start()
  }

  /**
   * A worker may have become free, or calls wait: looks for calls that a free worker can take over ({@link
   * WaitingCheck}).
   */
  moveWaitingCalls(): void {
    this.#waiting.start()
  }
}

interface WorkerCheck {
  /** Whether the worker can get into the state that the check looks for. */
  readonly applies: (worker: WorkerHandle) => boolean
  check(worker: WorkerHandle): void
}

class PeriodicCheck {
  readonly #workers: WorkerManager
  readonly #period: number
  readonly #check: WorkerCheck
  /** Fires at the next check; `undefined`: the check does not run. */
  timer: Timer | undefined

  constructor(workers: WorkerManager, period: number, check: WorkerCheck) {
    this.#workers = workers
    this.#period = period
    this.#check = check
  }

  /** Called while it does not run. */
  start(): void {
    if (this.#workers.all().some(this.#check.applies)) this.timer = after(this.#period, () => this.#run()).unref()
  }

  #run(): void {
    this.timer = undefined
    for (const worker of this.#workers.all()) this.#check.check(worker)
    if (!this.timer) this.start() // the check may have sent calls, which has started it
  }
}

/** A worker that has several calls and has sent no outcome for `STALLED_AFTER`: its call delays those behind it, so these are revoked. */
class StallCheck implements WorkerCheck {
  readonly applies = (worker: WorkerHandle): boolean => worker.inFlight > 1
  readonly #listener: WatchListener
  /** Outcomes of each worker at the last check. */
  readonly #outcomes = new WeakMap<WorkerHandle, number>()

  constructor(listener: WatchListener) {
    this.#listener = listener
  }

  check(worker: WorkerHandle): void {
    if (!this.applies(worker)) return
    if (this.#isStalled(worker)) worker.drain() // perhaps this thread was blocked, and has not read the outcomes
    if (this.#isStalled(worker)) {
      worker.outcomesWhenStalled = worker.outcomes
      this.#listener.stalled(worker)
    }
    this.#outcomes.set(worker, worker.outcomes)
  }

  #isStalled(worker: WorkerHandle): boolean {
    return this.#outcomes.get(worker) === worker.outcomes
  }
}

/**
 * A free worker helps the others. If a call runs for longer than {@link HELD_AFTER} and longer than twice its expected
 * duration, the free worker gets the calls that wait behind it. Shorter waits are left alone, because moving the calls
 * would take longer. In a pool with more workers than cores the limit is {@link STALLED_AFTER}: the worker may only
 * wait for a core there.
 */
class WaitingCheck {
  readonly #workers: WorkerManager
  readonly #listener: WatchListener
  #timer: Timer | undefined

  constructor(workers: WorkerManager, listener: WatchListener) {
    this.#workers = workers
    this.#listener = listener
  }

  /** Checks now, and again while a worker is free and calls wait. */
  start(): void {
    if (this.#timer || !this.#isAnyFree()) return
    const workers = this.#workers.assignable.slice()
    const limit = workers.length > CORES ? STALLED_AFTER : HELD_AFTER
    let wait = Infinity
    for (const worker of workers) {
      if (worker.inFlight < 2 || worker.isStalled) continue
      const rest = untilLong(worker, limit)
      if (rest > 0) wait = Math.min(wait, rest)
      else this.#help(worker, limit)
      if (!this.#isAnyFree()) return
    }
    if (wait !== Infinity) this.#timer ??= after(wait, () => this.#startAgain()).unref()
  }

  #startAgain(): void {
    this.#timer = undefined
    this.start()
  }

  #isAnyFree(): boolean {
    return this.#workers.assignable.some(({ inFlight }) => inFlight === 0)
  }

  #help(worker: WorkerHandle, limit: number): void {
    worker.drain() // its outcome may not have been read
    if (untilLong(worker, limit) > 0) return
    worker.outcomesWhenStalled = worker.outcomes
    this.#listener.stalled(worker)
  }
}

/** The ms until the oldest call of the worker has run for `limit` ms and for twice its expected duration. */
function untilLong(worker: WorkerHandle, limit: number): number {
  const [oldest] = worker.calls()
  if (!oldest || !worker.isRunning(oldest)) return limit
  const ran = monotonic() - worker.channel.slots.startedAt(oldest.sequence)
  return Math.max(limit, 2 * oldest.expected) - ran
}

/**
 * A worker may be in an endless loop although it runs no body: code that a body left behind may never yield. Then its
 * calls would wait forever. A worker is unresponsive if two checks in a row find that it has calls, has started none of
 * them and has sent no outcome. The next worker of such a call gets twice the time, because the arguments may take long
 * to arrive.
 */
class ResponseCheck implements WorkerCheck {
  readonly applies = (worker: WorkerHandle): boolean =>
    worker.isReady && worker.state < WorkerState.Stopping && worker.inFlight > 0
  readonly #listener: WatchListener
  /**
   * The workers that the last check found silent: how many outcomes they had sent, and how many checks in a row found
   * so.
   */
  readonly #silent = new WeakMap<WorkerHandle, { readonly outcomes: number; readonly checks: number }>()

  constructor(listener: WatchListener) {
    this.#listener = listener
  }

  check(worker: WorkerHandle): void {
    const before = this.#silent.get(worker)
    this.#silent.delete(worker)
    if (!this.#isSilent(worker)) return
    const checks = before?.outcomes === worker.outcomes ? before.checks + 1 : 0
    if (checks >= checksAllowed(worker)) this.#listener.unresponsive(worker)
    else this.#silent.set(worker, { outcomes: worker.outcomes, checks })
  }

  #isSilent(worker: WorkerHandle): boolean {
    if (!this.applies(worker)) return false
    worker.drain()
    return !worker.calls().some((call) => worker.isRunning(call) || worker.isLoading(call))
  }
}

const checksAllowed = (worker: WorkerHandle): number =>
  Math.max(1, ...worker.calls().map((call) => 2 ** call.unresponsiveWorkers))

/**
 * Warns if a call waits long for the import of its module: a top-level `await` there may never resolve in a worker. The
 * slots show this even if the module blocks the worker's event loop.
 */
class ImportCheck implements WorkerCheck {
  readonly applies = (worker: WorkerHandle): boolean => worker.state === WorkerState.Active && worker.inFlight > 0
  /** When a check first found that the call waits. */
  readonly #since = new WeakMap<Call, number>()

  check(worker: WorkerHandle): void {
    if (!this.applies(worker)) return
    for (const call of worker.calls()) if (worker.isLoading(call)) this.#noteLoading(call)
  }

  #noteLoading(call: Call): void {
    const since = this.#since.get(call)
    const now = monotonic()
    if (since === undefined) this.#since.set(call, now)
    else if (now - since >= SLOW_IMPORT) warnOfSlowImport(call)
  }
}

function warnOfSlowImport({ kind, label, payload }: Call): void {
  const { definition, original } = payload.method
  const { module, member } = definition.key as Partial<MethodKey>
  const name = member === '' && original ? `\`${beginningOf(original)}\` of ${fileText(module?.url ?? '')}` : label
  const url = module?.url ?? ''
  warnOnce(
    `slow import, ${kind}, ${url}`,
    `The import of ${fileText(url)} in a worker ${kind} has not finished after ${SLOW_IMPORT} ms: ${name} waits for it.`,
    {
      type: 'PebbleWorkerWarning',
      code: 'PEBBLE_SLOW_IMPORT',
      detail:
        'A cold cache of the compiler or a busy machine may take so long. Or the top level of the module waits for something that does not happen in a worker: put that code inside `if (!isWorker()) { … }`, or move the method to a file of its own.',
    },
  )
}

/** The name of a function without a name: its first characters, in one line. */
function beginningOf(fn: Function): string {
  const text = Function.prototype.toString.call(fn).replace(/\s+/g, ' ')
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text
}
