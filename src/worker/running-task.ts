import type { TaskContext } from '../registry/current-task'

/** One call while its body runs here. */
export class RunningTask implements TaskContext {
  readonly sequence: number
  /** AbortControllers of the caller's signals among the arguments, by the number the parent gave each. */
  signals: Map<number, AbortController> | undefined
  /** Ordered messages were sent for it: its outcome must not overtake them. */
  ordered = false
  /** The element of a chunk that runs; `undefined` where the task is none. */
  element: number | undefined
  /** It is settled: a stray error may have done that before its body ended. */
  over = false
  readonly started = performance.now()
  readonly #id: () => string
  readonly #report: (task: RunningTask, progress: unknown) => void
  #controller: AbortController | undefined

  constructor(sequence: number, id: () => string, report: (task: RunningTask, progress: unknown) => void) {
    this.sequence = sequence
    this.#id = id
    this.#report = report
  }

  get id(): string {
    return this.#id()
  }

  get signal(): AbortSignal {
    return (this.#controller ??= new AbortController()).signal
  }

  /** Whether its signal has aborted; asking makes none. */
  get aborted(): boolean {
    return this.#controller?.signal.aborted ?? false
  }

  report(progress: unknown): void {
    this.#report(this, progress)
  }

  abort(reason: Error): void {
    ;(this.#controller ??= new AbortController()).abort(reason)
  }
}
