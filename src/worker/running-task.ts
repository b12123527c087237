import { taskId } from '../futures/task-id'
import { runAsTask, type TaskContext } from '../registry/current-task'
import { Context } from '../utils/async-context'
import { SLOTS } from '../wire/messages'

/** What the tasks of one session have in common. */
export interface TaskHost {
  /** Prefix of task ids. */
  readonly idBase: string
  report(task: RunningTask, progress: unknown): void
}

/** One call while its body runs here. */
export class RunningTask implements TaskContext {
  readonly sequence: number
  /** What messages call its method. */
  readonly label: string
  /** Ordered messages were sent for it: its outcome must not overtake them. */
  ordered = false
  /** The element of a chunk that runs; `undefined` where the task is none. */
  element: number | undefined
  /** It is settled: a stray error may have done that before its body ended. */
  isSettled = false
  /** When its slot was claimed, in ms of `monotonic()`. */
  started = 0
  readonly #serial: number
  readonly #host: TaskHost
  /** Of its own: what one body enters by `AsyncLocalStorage.enterWith` no other body sees. */
  readonly #context = new Context()
  #controller: AbortController | undefined
  #signals: SignalsOfCaller | undefined

  constructor(sequence: number, serial: number, label: string, host: TaskHost) {
    this.sequence = sequence
    this.label = label
    this.#serial = serial
    this.#host = host
  }

  get id(): string {
    return taskId(this.#serial, this.#host.idBase)
  }

  get signal(): AbortSignal {
    return (this.#controller ??= new AbortController()).signal
  }

  /** Whether its signal has aborted; asking makes none. */
  get aborted(): boolean {
    return this.#controller?.signal.aborted ?? false
  }

  report(progress: unknown): void {
    this.#host.report(this, progress)
  }

  /** Runs what belongs to the call: as its task, and in its asynchronous context. */
  run<R>(fn: () => R): R {
    return this.#context.run(() => runAsTask(this, fn))
  }

  abort(reason: Error): void {
    const controller = (this.#controller ??= new AbortController())
    this.run(() => controller.abort(reason)) // the body's listeners run
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

/** Those that run, by their slots: a map would be made anew after every few of them. */
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
