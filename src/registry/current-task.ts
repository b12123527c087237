import { AsyncLocalStorage } from 'node:async_hooks'

/** What a body may ask about the call that runs it. */
export interface TaskContext {
  /** The id of the caller's future, a UUID. */
  readonly id: string
  /** Aborts when the call is cancelled or timed out, `grace` ms before the worker is stopped. */
  readonly signal: AbortSignal
  /** Tells the caller how far the body is: `future.onProgress(fn)` hears it. */
  report(progress: unknown): void
}

/** The code of a module that a worker imports: what it starts (timers, servers) goes on as that, and is no body's. */
export class ModuleCode {
  /** @param wantedBy what the worker imports it for, for messages */
  constructor(
    readonly url: string,
    readonly wantedBy: string,
  ) {}
}

const contexts = new AsyncLocalStorage<TaskContext | ModuleCode>()

/**
 * The task that runs this code; nested decorated calls run inline and see the task they were made in.
 *
 * @throws {Error} outside a body
 */
export function currentTask(): TaskContext {
  const task = taskHere()
  if (task) return task
  throw new Error('currentTask() is only available while the body of a decorated method or task runs.')
}

/** The same, and undefined outside a body. @internal */
export function taskHere(): TaskContext | undefined {
  const context = contexts.getStore()
  return context instanceof ModuleCode ? undefined : context
}

/** The module whose import set this code off, in a worker; undefined in a body. @internal */
export function moduleCodeHere(): ModuleCode | undefined {
  const context = contexts.getStore()
  return context instanceof ModuleCode ? context : undefined
}

/** Whether this code runs on behalf of a body. @internal */
export const insideBody = (): boolean => taskHere() !== undefined

/** Runs `fn` as `task`. @internal */
export const runAsTask = <R>(task: TaskContext, fn: () => R): R => contexts.run(task, fn)

/** Runs `fn` as module code: no body's, whoever asked for the import. @internal */
export const runAsModule = <R>(code: ModuleCode, fn: () => R): R => contexts.run(code, fn)
