import { methodUse } from '../dispatch/method-use'
import type { InitializerCall } from '../wire/messages'
import { packArgs } from '../wire/values'
import type { PoolOptions } from './pool-options'
import { assertInstance, schedulable } from './schedulable'

/**
 * The initializer of a pool's workers, packed anew for each.
 *
 * @throws {SerializationError} one of `initArgs` cannot cross
 */
export function initializerCall(kind: 'thread' | 'process', options: PoolOptions): (() => InitializerCall) | undefined {
  const { initializer, initArgs = [] } = options
  if (!initializer) return undefined
  const what = schedulable(initializer)
  assertInstance(what)
  const { registration, self } = what
  const method = methodUse(registration, self).definition
  const pack = (): InitializerCall => {
    const { data, flags, classes } = packArgs([...initArgs], { root: 'initArgs', kind })
    return { method, args: data, flags, classes }
  }
  pack() // what cannot cross is told here, and not by every worker
  return pack
}
