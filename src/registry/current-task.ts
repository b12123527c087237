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

/** What a task has besides, for the library. @internal */
export interface InternalTask extends TaskContext {
  /** What the initializer of its pool returned in this worker. */
  readonly workerData?: unknown
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

/**
 * Returns what the initializer of the pool returned in this worker, such as a database client. Each worker has its own
 * value. When the worker retires, the value is disposed of if it has `[Symbol.asyncDispose]` or `[Symbol.dispose]`; a
 * worker that is killed disposes of nothing.
 *
 * @returns `undefined` if the pool has no initializer, or if that returns nothing
 * @throws {Error} outside a body
 * @example
 * const connect = task(async (url: string) => new Client(url))
 * const pool = new ThreadPool({ initializer: connect, initArgs: [url] })
 * class Orders {
 *   \@thread({ pool }) async count() { return workerData<Client>().query('select count(*) from orders') }
 * }
 */
export function workerData<T = unknown>(): T {
  const task = taskHere()
  if (task) return (task as InternalTask).workerData as T
  throw new Error('workerData() is only available while the body of a decorated method or task runs.')
}

/** Like {@link currentTask}, but returns undefined outside a body. @internal */
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

/** Runs `fn` as `task` in the current async context. The context keeps the task afterwards, so no other code may use it. @internal */
export function runInOwnContext<R>(task: TaskContext, fn: () => R): R {
  contexts.enterWith(task)
  return fn()
}

/** Runs `fn` as `task`. @internal */
export const runAsTask = <R>(task: TaskContext, fn: () => R): R => contexts.run(task, fn)

/** Runs `fn` as module code, even if a body has started the import. @internal */
export const runAsModule = <R>(code: ModuleCode, fn: () => R): R => contexts.run(code, fn)
