import { PebbleError } from '../errors'
import { detailOf, summary } from '../utils/text'
import { MessageKind, type WorkerMessage } from '../wire/messages'
import { unpackThrown } from '../wire/errors'
import { unpack } from '../wire/values'

/** Whether a message is an event: it arrives before the outcome of its call. */
export const isEvent = (kind: MessageKind): boolean => kind >= MessageKind.Item && kind <= MessageKind.Progress

/** What a body returned, yielded or reported. */
export const outcomeValue = (message: WorkerMessage): unknown => unpack(message.data, message.flags, {})

/** What a body threw. If that cannot be decoded, an error that says so. */
export function outcomeError(message: WorkerMessage, label: string): Error {
  try {
    return unpackThrown(message.data, message.flags, {}) as Error
  } catch (error) {
    return new PebbleError(`${label} threw an error that could not be read.`, { cause: error })
  }
}

/** Warns of an error in the parent while a call is settled. */
export function warnOfSettling(error: unknown): void {
  process.emitWarning('An error occurred while a call was settled; the outcome of the call is not affected.', {
    type: 'PebbleWarning',
    detail: detailOf(error),
  })
}

/** Warns of an error in a worker that belongs to no call. */
export function warnOfUncaughtError(error: unknown): void {
  const message = `An uncaught error in a worker belongs to no call: ${summary(error)}`
  process.emitWarning(message, { type: 'PebbleWorkerWarning', detail: detailOf(error) })
}
