/**
 * The calls that this worker has.
 *
 *   batch ──► CallBacklog ── claimed ──► RunningTask ── outcome ──► gone
 *             in order of arrival        in RunningTasks, by slot
 */
import { taskId } from '../futures/task-id'
import { runInOwnContext, type InternalTask } from '../registry/current-task'
import type { FieldLookup } from '../registry/field-sources'
import { runWithStores, type Store } from '../registry/propagation'
import { Context } from '../utils/async-context'
import { CALL_WIDTH, type CallBatch, type CallExtra, type MethodDefinition } from '../wire/call-batch'
import { SLOTS } from '../wire/slots'
import type { Resolved } from './resolve'
import type { LeasePlace } from './watchdog'

/** Fields that were taken are removed from the front of the array once there are this many. */
const COMPACT = 64 * CALL_WIDTH

const NO_METHODS: readonly KnownMethod[] = []

/** A method that the parent has announced to this worker, and its body here once it is resolved. */
export interface KnownMethod {
  readonly definition: MethodDefinition
  resolved: Resolved | undefined
}

export interface CallToRun {
  readonly sequence: number
  readonly serial: number
  readonly method: KnownMethod
  readonly flags: number
  readonly self: unknown
  readonly args: unknown
  readonly extra: CallExtra | undefined
  /** This worker's own values of the fields of `this` that could not be sent. */
  lookup: FieldLookup | undefined
}

/** The calls that have arrived and were not started yet, in order. */
export class CallBacklog {
  readonly #methods: KnownMethod[] = []
  #fields: unknown[] = []
  #head = 0

  get empty(): boolean {
    return this.#head >= this.#fields.length
  }

  /** @returns the methods that the batch announces */
  add(batch: CallBatch): readonly KnownMethod[] {
    const announced = batch[0] ? batch[0].map((definition) => ({ definition, resolved: undefined })) : NO_METHODS
    for (const method of announced) this.#methods[method.definition.index] = method
    if (this.empty) {
      this.#fields = batch
      this.#head = 1
    } else for (let index = 1; index < batch.length; index++) this.#fields.push(batch[index])
    return announced
  }

  take(): CallToRun {
    const fields = this.#fields
    const at = this.#head
    this.#head += CALL_WIDTH
    const call = {
      sequence: fields[at] as number,
      serial: fields[at + 1] as number,
      method: this.#methods[fields[at + 2] as number] as KnownMethod,
      flags: fields[at + 3] as number,
      self: fields[at + 4],
      args: fields[at + 5],
      extra: fields[at + 6] as CallExtra | undefined,
      lookup: undefined,
    }
    if (this.#head === fields.length || this.#head >= COMPACT) {
      this.#fields = fields.slice(this.#head)
      this.#head = 0
    }
    return call
  }
}

/** What the tasks of one session have in common. */
export interface TaskHost {
  /** See `SessionSettings`. */
  readonly idBase: string
  /** What the initializer returned. */
  readonly workerData: unknown
  report(task: RunningTask, progress: unknown): void
}

/** One call while its body runs in this worker. */
export class RunningTask implements InternalTask {
  readonly sequence: number
  /** The name of its method in messages. */
  readonly label: string
  /** Ordered messages were sent for it, so its outcome has to be ordered too. */
  ordered = false
  /** The element of the chunk that runs; `undefined` if the task is not a chunk. */
  element: number | undefined
  /** The id of the call, if the caller is on another machine. */
  givenId: string | undefined
  /** The watchdog ends this process when this lease runs out. */
  lease: LeasePlace | undefined
  /** An uncaught error may settle a task before its body ends. */
  isSettled = false
  /** When its slot was claimed, in ms of `monotonic()`. */
  started = 0
  readonly #serial: number
  readonly #host: TaskHost
  /** A context of its own: no other body sees what this one enters by `AsyncLocalStorage.enterWith`. */
  #context = new Context()
  #controller: AbortController | undefined
  #signals: SignalsOfCaller | undefined

  constructor(sequence: number, serial: number, label: string, host: TaskHost) {
    this.sequence = sequence
    this.label = label
    this.#serial = serial
    this.#host = host
  }

  get id(): string {
    return this.givenId ?? taskId(this.#serial, this.#host.idBase)
  }

  get workerData(): unknown {
    return this.#host.workerData
  }

  get signal(): AbortSignal {
    return (this.#controller ??= new AbortController()).signal
  }

  /** Whether its signal has aborted. Reading this does not create the signal. */
  get aborted(): boolean {
    return this.#controller?.signal.aborted ?? false
  }

  /** A getter, because bodies take it out of the task: `const { report } = currentTask()`. */
  get report(): (progress: unknown) => void {
    return (progress) => this.#host.report(this, progress)
  }

  /** Gives the body the stores of its caller. */
  enterStores(stores: readonly Store[]): void {
    this.#context = runWithStores(stores, () => new Context())
  }

  /** Runs `fn` as this task, in its asynchronous context. */
  run<R>(fn: () => R): R {
    return this.#context.runInAsyncScope(runInOwnContext<R>, undefined, this, fn)
  }

  abort(reason: Error): void {
    const controller = (this.#controller ??= new AbortController())
    this.run(() => controller.abort(reason)) // the listeners of the body run as this task
  }

  /** Aborts one of the caller's signals among the arguments. */
  abortSignal(id: number, reason: unknown): void {
    this.run(() => this.signals().abort(id, reason))
  }

  /** The caller's signals among the arguments, as the parent numbered them. */
  signals(): SignalsOfCaller {
    return (this.#signals ??= new SignalsOfCaller())
  }
}

/** The running tasks by slot. An array, because a `Map` would be rebuilt after every few calls. */
export class RunningTasks {
  readonly #slots = new Array<RunningTask | undefined>(SLOTS).fill(undefined)

  add(task: RunningTask): void {
    this.#slots[task.sequence % SLOTS] = task
  }

  remove(task: RunningTask): void {
    this.#slots[task.sequence % SLOTS] = undefined
  }

  has(task: RunningTask): boolean {
    return this.#slots[task.sequence % SLOTS] === task
  }

  get(sequence: number): RunningTask | undefined {
    const task = this.#slots[sequence % SLOTS]
    return task?.sequence === sequence ? task : undefined
  }

  all(): RunningTask[] {
    return this.#slots.filter((task) => task !== undefined)
  }
}

class SignalsOfCaller {
  readonly #controllers = new Map<number, AbortController>()

  get(id: number): AbortSignal {
    const controller = this.#controllers.get(id) ?? new AbortController()
    this.#controllers.set(id, controller)
    return controller.signal
  }

  abort(id: number, reason: unknown): void {
    this.#controllers.get(id)?.abort(reason)
  }
}
