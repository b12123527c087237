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

const tasks = new AsyncLocalStorage<TaskContext>()

/**
 * The task that runs this code; nested decorated calls run inline and see the task they were made in.
 *
 * @throws {Error} outside a body
 */
export function currentTask(): TaskContext {
  const task = tasks.getStore()
  if (task) return task
  throw new Error('currentTask() is only available while the body of a decorated method or task runs.')
}

/** The same, and undefined outside a body. @internal */
export const taskHere = (): TaskContext | undefined => tasks.getStore()

/** Whether this code runs on behalf of a body. @internal */
export const insideBody = (): boolean => tasks.getStore() !== undefined

/** Runs `fn` as `task`. @internal */
export const runAsTask = <R>(task: TaskContext, fn: () => R): R => tasks.run(task, fn)
