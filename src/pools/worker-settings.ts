/** What the workers of a pool are started with: settings of the session, the initializer, the process context. */
import type { ChannelOptions, ProcessContext } from '../channel/channel'
import { dispatchedMethod } from '../dispatch/call'
import { PebbleError, PoolError } from '../errors'
import { idBase } from '../futures/task-id'
import { workerEnvironment } from '../registry/environment'
import { role } from '../registry/role'
import { atCaller } from '../utils/user-frames'
import type { InitializerCall, SessionSettings } from '../wire/messages'
import { packArgs } from '../wire/values'
import type { ProcessPoolOptions } from './pool-options'
import { assertInstance, schedulable } from './schedulable'

/** How deep pools may be nested in the workers of other pools. */
const DEEPEST = 5

/** Checked when the pool is made, and used for each worker that starts. */
export interface WorkerSettings {
  /** Number of bodies that run in one worker at the same time. */
  readonly concurrency: number
  /** Label of the initializer, for messages. */
  readonly initializer: string | undefined
  /** The options of one worker's channel. The environment and the initializer's arguments are read at each start. */
  channelOptions(): ChannelOptions
}

/**
 * Prepares the start of a pool's workers.
 *
 * @throws {PoolError} the pool would be nested too deep inside workers; {@link SerializationError} one of `initArgs`
 * cannot be sent; {@link TypeError} a worker could not find the initializer
 */
export function workerSettings(kind: 'thread' | 'process', options: ProcessPoolOptions): WorkerSettings {
  const settings = sessionSettings(kind, options)
  const initializer = packableInitializer(kind, options)
  const context = options.context && snapshotOf(options.context)
  return {
    concurrency: settings.concurrency,
    initializer: initializer?.label,
    channelOptions: () => ({
      settings: {
        ...settings,
        lifelines: (role.worker?.lifelines ?? 0) + (kind === 'process' ? 1 : 0),
        environment: workerEnvironment(),
        ...(initializer && { initializer: initializer.pack() }),
      },
      resourceLimits: options.resourceLimits,
      context,
    }),
  }
}

/** The settings that do not change until a worker starts. */
function sessionSettings(
  kind: 'thread' | 'process',
  options: ProcessPoolOptions,
): Omit<SessionSettings, 'environment' | 'lifelines'> {
  const depth = (role.worker?.depth ?? 0) + 1
  if (depth > DEEPEST) {
    throw new PoolError(
      `Cannot make a pool in a worker ${depth - 1} levels deep: at most ${DEEPEST} levels of pools can be nested. ` +
        'Does a body make a pool whose tasks make it again?',
      { reason: 'depth' },
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

interface PackableInitializer {
  readonly label: string
  pack(): InitializerCall
}

function packableInitializer(kind: 'thread' | 'process', options: ProcessPoolOptions): PackableInitializer | undefined {
  const { initializer, initArgs = [] } = options
  if (!initializer) return undefined
  const task = schedulable(initializer)
  assertInstance(task)
  const { registration, self } = task
  const method = dispatchedMethod(registration, self).definition
  const pack = (): InitializerCall => {
    const { data, flags, classes } = packArgs([...initArgs], { root: 'initArgs', of: registration.label, kind })
    return { method, args: data, flags, classes }
  }
  try {
    pack() // arguments that cannot be sent fail here, and not at the start of every worker
  } catch (error) {
    if (error instanceof PebbleError) atCaller(error)
    throw error
  }
  return { label: registration.label, pack }
}

/** Copies the context: later changes by its owner must not reach workers that start later. */
function snapshotOf({ execArgv, env, resourceLimits, ...rest }: ProcessContext): ProcessContext {
  return {
    ...rest,
    ...(execArgv && { execArgv: [...execArgv] }),
    ...(env && { env: { ...env } }),
    ...(resourceLimits && { resourceLimits: { ...resourceLimits } }),
  }
}
