import { dispatchedMethod } from '../dispatch/dispatched-method'
import { PebbleError } from '../errors'
import { atCaller } from '../utils/user-frames'
import type { InitializerCall } from '../wire/messages'
import { packArgs } from '../wire/values'
import type { PoolOptions } from './pool-options'
import { assertInstance, schedulable } from './schedulable'

/** The initializer of a pool's workers. */
export interface Initializer {
  /** For messages. */
  readonly label: string
  /** The call of one worker. */
  pack(): InitializerCall
}

/**
 * Packs the initializer of a pool anew for each worker.
 *
 * @throws {SerializationError} one of `initArgs` cannot cross
 */
export function initializerCall(kind: 'thread' | 'process', options: PoolOptions): Initializer | undefined {
  const { initializer, initArgs = [] } = options
  if (!initializer) return undefined
  const what = schedulable(initializer)
  assertInstance(what)
  const { registration, self } = what
  const method = dispatchedMethod(registration, self).definition
  const pack = (): InitializerCall => {
    const { data, flags, classes } = packArgs([...initArgs], { root: 'initArgs', of: registration.label, kind })
    return { method, args: data, flags, classes }
  }
  try {
    pack() // what cannot cross is told here, and not by every worker
  } catch (error) {
    if (error instanceof PebbleError) atCaller(error)
    throw error
  }
  return { label: registration.label, pack }
}
