/** What the current code runs as: the body of a call, or the code of a module that a worker imports. */
import { AsyncLocalStorage } from 'node:async_hooks'

/** The call whose body runs. */
export interface TaskContext {
  /** The id of the caller's future: a UUID. */
  readonly id: string
  /** Aborts when the call is cancelled or times out, `grace` ms before the worker is stopped. */
  readonly signal: AbortSignal
  /** Sends progress to the caller, who receives it by `future.onProgress(fn)`. */
  report(progress: unknown): void
}

/**
 * The code of a module that a worker imports. What it starts (timers, servers) belongs to the module, not to a body.
 */
export class ModuleCode {
  /** @param wantedBy for messages: what the worker imports the module for */
  constructor(
    readonly url: string,
    readonly wantedBy: string,
  ) {}
}

const contexts = new AsyncLocalStorage<TaskContext | ModuleCode>()

/**
 * The task whose body runs this code. A decorated call inside a body runs inline and sees the task of that body.
 *
 * @throws {Error} outside a body
 */
export function currentTask(): TaskContext {
  const task = taskHere()
  if (task) return task
  throw new Error('currentTask() is only available while the body of a decorated method or task runs.')
}

/** The same, but undefined outside a body. @internal */
export function taskHere(): TaskContext | undefined {
  const context = contexts.getStore()
  return context instanceof ModuleCode ? undefined : context
}

/** In a worker: the module whose import has started this code; undefined in a body. @internal */
export function moduleCodeHere(): ModuleCode | undefined {
  const context = contexts.getStore()
  return context instanceof ModuleCode ? context : undefined
}

/** Whether this code runs on behalf of a body. @internal */
export const insideBody = (): boolean => taskHere() !== undefined

/** Runs `fn` as `task` in the current async context, which must belong to the task alone: it stays the task's. @internal */
export function runInOwnContext<R>(task: TaskContext, fn: () => R): R {
  contexts.enterWith(task)
  return fn()
}

/** Runs `fn` as `task`. @internal */
export const runAsTask = <R>(task: TaskContext, fn: () => R): R => contexts.run(task, fn)

/** Runs `fn` as module code, even if a body has started the import. @internal */
export const runAsModule = <R>(code: ModuleCode, fn: () => R): R => contexts.run(code, fn)
