import { MessageKind } from '../wire/messages'
import { isThenable } from './is-thenable'
import type { RunningTask } from './running-task'

type Publish = (index: number, kind: MessageKind.Element | MessageKind.ElementThrown, value: unknown) => void

/**
 * Runs a body for each element of a chunk, one after the other; what one throws is its own affair. Synchronous bodies run
 * in one go.
 *
 * @returns the number of elements that were run: fewer than there are where the task was aborted, or a stray error ended it
 */
export function runChunk(
  task: RunningTask,
  width: number,
  args: unknown[],
  body: (args: unknown[]) => unknown,
  publish: Publish,
  from = 0,
): number | Promise<number> {
  const count = args.length / width
  for (let index = from; index < count; index++) {
    if (task.aborted || task.isSettled) return index
    task.element = index
    const outcome = attempt(() => body(args.slice(index * width, (index + 1) * width)), index, publish)
    if (outcome === undefined) continue
    const next = index + 1
    return outcome
      .then(
        (value) => settle(index, value, publish),
        (error: unknown) => publish(index, MessageKind.ElementThrown, error),
      )
      .then(() => runChunk(task, width, args, body, publish, next))
  }
  return count
}

/** The promise of an asynchronous body; `undefined` where all is done. */
function attempt(body: () => unknown, index: number, publish: Publish): Promise<unknown> | undefined {
  let value: unknown
  try {
    value = body()
    if (isThenable(value)) return Promise.resolve(value)
  } catch (error) {
    publish(index, MessageKind.ElementThrown, error)
    return undefined
  }
  settle(index, value, publish)
  return undefined
}

function settle(index: number, value: unknown, publish: Publish): void {
  try {
    publish(index, MessageKind.Element, value)
  } catch (error) {
    publish(index, MessageKind.ElementThrown, error) // the result cannot cross
  }
}
