import { PoolError } from '../errors'
import { idBase } from '../futures/task-id'
import { role } from '../registry/role'
import type { SessionSettings } from '../wire/messages'
import type { PoolOptions } from './pool-options'

/** Pools in workers of pools in workers: this deep, and no deeper. */
const DEEPEST = 5

/**
 * What the workers of a pool are told, without the environment: that may change until they start.
 *
 * @throws {PoolError} the pool would be too deep inside workers
 */
export function sessionSettings(
  kind: 'thread' | 'process',
  options: PoolOptions,
): Omit<SessionSettings, 'environment'> {
  const depth = (role.worker?.depth ?? 0) + 1
  if (depth > DEEPEST) {
    throw new PoolError(
      `Cannot make a pool in a worker ${depth - 1} levels deep: at most ${DEEPEST} levels of pools may stand in each other. ` +
        'Is a body making a pool whose tasks make it again?',
    )
  }
  return {
    idBase: idBase(),
    kind,
    concurrency: options.concurrency ?? 1,
    maxMemory: options.maxMemory,
    depth,
  }
}
