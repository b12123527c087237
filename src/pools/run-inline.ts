/** Runs a body where it was called: inside a worker's body, and in eager mode. The caller gets a future all the same. */
import { CancelledError } from '../errors'
import { attachCallbacks } from '../futures/callbacks'
import { Future, settledFromOutside, type FutureControl } from '../futures/future'
import { nextSerial, taskId } from '../futures/task-id'
import { ProcessFuture } from '../futures/process-future'
import { insideBody, runAsTask } from '../registry/current-task'
import { Context } from '../utils/async-context'
import type { CallRequest } from './submit'

export function runInline(request: CallRequest, body = bodyOf(request)): Future<unknown> {
  const { registration, self, callbacks } = request
  const abortion = new AbortController()
  const future = createFuture(request, {
    cancel: () => {
      const error = new CancelledError(`${registration.label} was cancelled.`)
      abortion.abort(error)
      Future.settle(future, 'cancelled', error)
      return true
    },
    running: () => true,
    pid: process.pid,
  })
  if (callbacks) attachCallbacks(future, callbacks, self)
  const run = async (): Promise<unknown> => await body()
  const task = {
    id: future.id,
    signal: abortion.signal,
    report: (progress: unknown) => Future.report(future, progress),
  }
  // What the body enters by `AsyncLocalStorage.enterWith` its caller does not see: as where it runs in a worker.
  const outcome = new Context().run(() => (insideBody() ? run() : runAsTask(task, run)))
  outcome.then(
    (value) => Future.settle(future, 'finished', value),
    (error: unknown) => Future.settle(future, 'failed', explained(error, registration.label)),
  )
  return future
}

function bodyOf({ registration, self, args }: CallRequest): () => unknown {
  return () => Reflect.apply(registration.original, self, args)
}

/** Calls inside a body nest like plain calls: what V8 says of endless ones does not name the method. */
function explained(error: unknown, label: string): unknown {
  const isOverflow = error instanceof RangeError && error.message === 'Maximum call stack size exceeded'
  if (!isOverflow) return error
  const text = `${label} exhausted the stack: a decorated call inside a body runs inline. Does it call itself without end?`
  return new RangeError(text, { cause: error })
}

/** The body's own generator: its values come as they are asked for. */
export function runStreamInline({ registration, self, args }: CallRequest): AsyncGenerator<unknown> {
  const values = Reflect.apply(registration.original, self, args) as AsyncGenerator<unknown>
  return insideBody() ? values : streamAsTask(values)
}

/** Every step of the generator runs as one task, though its consumer is none. */
function streamAsTask(values: AsyncGenerator<unknown>): AsyncGenerator<unknown> {
  const task = { id: taskId(nextSerial()), signal: new AbortController().signal, report: () => undefined }
  const stream = {
    next: () => runAsTask(task, () => values.next()),
    return: (value: unknown) => runAsTask(task, () => values.return(value)),
    throw: (error: unknown) => runAsTask(task, () => values.throw(error)),
    [Symbol.asyncIterator]: () => stream,
    [Symbol.asyncDispose]: async () => void (await stream.return(undefined)),
  }
  return stream as AsyncGenerator<unknown>
}

/** A future that is settled by `Future.settle`. Without a control nothing can be cancelled. */
export function createFuture(
  request: Pick<CallRequest, 'options' | 'counter'>,
  control?: FutureControl,
): Future<unknown> {
  const { kind, flavour } = request.options
  const Class = kind === 'process' ? ProcessFuture : Future
  return new Class<unknown>(settledFromOutside, control, ++request.counter.count, undefined, flavour)
}
