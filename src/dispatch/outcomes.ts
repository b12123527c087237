import { PebbleError } from '../errors'
import { detailOf, summary } from '../utils/text'
import { MessageKind, type WorkerMessage } from '../wire/messages'
import { unpackThrown } from '../wire/errors'
import { unpack } from '../wire/values'

/** Whether a message comes before its call's outcome. */
export const isEvent = (kind: MessageKind): boolean => kind >= MessageKind.Item && kind <= MessageKind.Progress

/** What a body returned, yielded or reported. */
export const outcomeValue = (message: WorkerMessage): unknown => unpack(message.data, message.flags, {})

/** What it threw; an error that says so where even that could not be read. */
export function outcomeError(message: WorkerMessage, label: string): Error {
  try {
    return unpackThrown(message.data, message.flags, {}) as Error
  } catch (error) {
    return new PebbleError(`${label} threw an error that could not be read.`, { cause: error })
  }
}

/** An error of this side, while a call was settled. */
export function warnOfSettling(error: unknown): void {
  process.emitWarning('Something failed while a call was settled; its outcome is not affected.', {
    type: 'PebbleWarning',
    detail: detailOf(error),
  })
}

/** An error in a worker that belongs to no call. */
export function warnOfUncaughtError(error: unknown): void {
  const message = `An error outside any body reached the top of a worker: ${summary(error)}`
  process.emitWarning(message, { type: 'PebbleWorkerWarning', detail: detailOf(error) })
}
