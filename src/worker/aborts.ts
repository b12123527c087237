/** Aborts of running tasks. Their reasons cross packed, so a class may have to be loaded before a reason can be read. */
import { CancelledError } from '../errors'
import type { ControlMessage } from '../wire/messages'
import { unpack, type Packed } from '../wire/values'
import type { RunningTasks } from './calls'
import { resolveClass } from './resolve'

/** Aborts the signal of a task, because its call is cancelled or its limit has passed. */
export function abortTask(
  tasks: RunningTasks,
  { sequence, reason, cause }: Extract<ControlMessage, { type: 'abort' }>,
): void {
  const abort = (options?: ErrorOptions): void => tasks.get(sequence)?.abort(new CancelledError(reason, options))
  if (cause === undefined) abort()
  else void withReason(cause, (value) => abort({ cause: value }))
}

/** Aborts one of the caller's signals among the arguments of a task. */
export function abortArgument(
  tasks: RunningTasks,
  { sequence, signal, reason }: Extract<ControlMessage, { type: 'signal' }>,
): void {
  void withReason(reason, (value) => tasks.get(sequence)?.abortSignal(signal, value))
}

/** Calls `abort` with the unpacked reason: in this turn, unless a class of the reason has to be loaded first. */
async function withReason(packed: Packed, abort: (reason: unknown) => void): Promise<void> {
  for (const id of packed.classes ?? []) await resolveClass(id).catch(() => undefined) // then unpacking fails
  abort(readReason(packed))
}

/** The reason, or the error that unpacking it threw. */
function readReason({ data, flags }: Packed): unknown {
  try {
    return unpack(data, flags, {})
  } catch (error) {
    return error
  }
}
