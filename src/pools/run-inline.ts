/**
 * Runs a body in the thread that calls it: inside the body of a worker, and in eager mode. The caller gets a future all
 * the same. Also makes the futures of calls that were never sent.
 */
import type { CallSpan } from '../diagnostics/call-span'
import { CancelledError, PebbleError } from '../errors'
import { attachCallbacks, type OutcomeCallbacks } from '../futures/callbacks'
import { Future, settledFromOutside, type Flavour, type FutureControl } from '../futures/future'
import { ProcessFuture } from '../futures/process-future'
import { nextSerial, taskId } from '../futures/task-id'
import { insideBody, runAsTask } from '../registry/current-task'
import { Context } from '../utils/async-context'
import { atCaller } from '../utils/user-frames'
import type { BodyOptions, Invocation } from './schedulable'
import { endWith, startInlineSpan, traceStream } from './traced'

interface FutureOptions {
  readonly kind: 'thread' | 'process'
  readonly flavour: Flavour
}

/** A body to run, and how its future is made. */
export interface InlineInvocation extends Invocation {
  readonly options: BodyOptions & FutureOptions
  /** The callbacks that were set when the call was made. */
  readonly callbacks: OutcomeCallbacks | undefined
  /** Counts the futures of the method. */
  readonly counter: { count: number }
  /** What the initializer of the pool returned; undefined for pools without one. */
  readonly workerData?: () => unknown
}

/** Runs a body. A chunk tells the span of its call which elements failed. */
export type InlineBody = (span: CallSpan | undefined) => unknown

export function runInline(invocation: InlineInvocation, body: InlineBody = bodyOf(invocation)): Future<unknown> {
  const { registration, self, callbacks } = invocation
  const abortion = new AbortController()
  const future = createFuture(invocation, {
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
  const span = startInlineSpan(invocation)
  if (span) endWith(span, future)
  const run = async (): Promise<unknown> => await body(span)
  const task = {
    id: future.id,
    signal: abortion.signal,
    report: (progress: unknown) => Future.report(future, progress),
    get workerData() {
      return invocation.workerData?.()
    },
  }
  // A context of its own: as in a worker, the caller does not see what the body sets by `AsyncLocalStorage.enterWith`.
  const start = (): Promise<unknown> => (insideBody() ? run() : runAsTask(task, run))
  const outcome = new Context().run(() => (span ? span.run(start) : start()))
  outcome.then(
    (value) => Future.settle(future, 'finished', value),
    (error: unknown) => Future.settle(future, 'failed', explained(error, registration.label)),
  )
  return future
}

function bodyOf({ registration, self, args }: Invocation): () => unknown {
  return () => Reflect.apply(registration.original, self, args)
}

/** Calls inside a body use the stack like plain calls. V8's error for endless recursion does not name the method. */
function explained(error: unknown, label: string): unknown {
  const isOverflow = error instanceof RangeError && error.message === 'Maximum call stack size exceeded'
  if (!isOverflow) return error
  const text = `${label} exhausted the stack: a decorated call inside a body runs inline. Does it call itself without end?`
  return new RangeError(text, { cause: error })
}

/** Runs the body of an async generator here. The result is the body's own generator, so values are made on demand. */
export function runStreamInline(invocation: Invocation): AsyncGenerator<unknown> {
  const { registration, self, args } = invocation
  const values = Reflect.apply(registration.original, self, args) as AsyncGenerator<unknown>
  return traceStream(invocation, insideBody() ? values : streamAsTask(values))
}

/** Runs each step of the generator as one task, although its consumer is not a task. */
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

/** Makes a future that only `Future.settle` settles. Without a control it cannot be cancelled. */
export function createFuture(
  invocation: Pick<InlineInvocation, 'counter'> & { readonly options: FutureOptions },
  control?: FutureControl,
): Future<unknown> {
  return newFuture(invocation.options, ++invocation.counter.count, control)
}

/** Makes a future of a call that failed before it was sent. */
export function failedFuture(options: FutureOptions, number: number, error: unknown): Future<unknown> {
  const future = newFuture(options, number)
  const isCancelled = error instanceof CancelledError
  if (error instanceof PebbleError) atCaller(error)
  if (isCancelled) future.markHandled()
  Future.settle(future, isCancelled ? 'cancelled' : 'failed', error)
  return future
}

/** @param number of the call among the calls of its method or pool; 0 if there is no call */
export function newFuture({ kind, flavour }: FutureOptions, number: number, control?: FutureControl): Future<unknown> {
  const Class = kind === 'process' ? ProcessFuture : Future
  return new Class<unknown>(settledFromOutside, control, number, undefined, flavour)
}
