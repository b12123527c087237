import { MessageKind } from '../wire/messages'
import type { RunningTask } from './running-task'

/** A part of a `map` that a worker gets as one call. */
export interface ChunkRun {
  readonly task: RunningTask
  /** The arguments of all elements, one after the other. Numbers only may come as a typed array. */
  readonly args: ArrayLike<unknown>
  /** How many arguments each element has. */
  readonly width: number
  body(args: unknown[]): unknown
  /** Publishes the outcome of an element. Throws if it cannot be sent. */
  publish(index: number, kind: MessageKind.Element | MessageKind.ElementThrown, value: unknown): void
}

/**
 * Runs the body for each element of a chunk, one after the other. An element that fails does not stop the others.
 * Synchronous bodies run without a wait between them.
 *
 * @returns how many elements were run; fewer than there are if the task was aborted or an uncaught error settled it
 */
export function runChunk(chunk: ChunkRun, from = 0): number | Promise<number> {
  const { task, args, width } = chunk
  const count = args.length / width
  for (let index = from; index < count; index++) {
    if (task.aborted || task.isSettled) return index
    task.element = index
    const outcome = runElement(chunk, index)
    if (outcome === undefined) continue
    const next = index + 1
    return outcome
      .then(
        (value) => publishResult(chunk, index, value),
        (error: unknown) => chunk.publish(index, MessageKind.ElementThrown, error),
      )
      .then(() => runChunk(chunk, next))
  }
  return count
}

/** @throws what `then` throws, if it is a getter */
export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'

/** @returns the promise of an asynchronous body; `undefined` if the body is done */
function runElement(chunk: ChunkRun, index: number): Promise<unknown> | undefined {
  const { args, width } = chunk
  let value: unknown
  try {
    value = chunk.body(
      width === 1 ? [args[index]] : Array.prototype.slice.call(args, index * width, (index + 1) * width),
    )
    if (isThenable(value)) return Promise.resolve(value)
  } catch (error) {
    chunk.publish(index, MessageKind.ElementThrown, error)
    return undefined
  }
  publishResult(chunk, index, value)
  return undefined
}

function publishResult(chunk: ChunkRun, index: number, value: unknown): void {
  try {
    chunk.publish(index, MessageKind.Element, value)
  } catch (error) {
    chunk.publish(index, MessageKind.ElementThrown, error) // the result cannot be sent
  }
}
