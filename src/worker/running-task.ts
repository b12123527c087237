import { taskId } from '../futures/task-id'
import { runInOwnContext, type InternalTask } from '../registry/current-task'
import { runWithStores, type Store } from '../registry/propagation'
import { Context } from '../utils/async-context'
import { SLOTS } from '../wire/messages'

/** What the tasks of one session have in common. */
export interface TaskHost {
  /** Prefix of task ids. */
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
