/**
 * The worker's side: `serve` makes this thread or process a worker. It runs the calls of one channel until it is stopped.
 *
 *   ParentChannel ──► CallBacklog ──► resolve ──► claim ───► body ─────────► outcome ──► ParentChannel
 *   (receives a       (in order of    (imports    (slots)    (BodyRunner,    (Packer,
 *    batch)            arrival)        the                    as a            published before
 *                                      module)                RunningTask)    the next body starts)
 *
 * `session.ts` drives these steps. Calls start in the order in which they arrive. Right before its body starts, the worker
 * claims the slot of the call. Until then the parent may revoke the call; from then on it belongs to this worker, and it
 * never runs again.
 */
import '../queues/dummy-queue' // queues cross without a module to load
import '../sync/locks' // so do locks
import { claimRealm } from '../registry/copies'
import { insideBody } from '../registry/current-task'
import { role } from '../registry/role'
import { decodeTask, encodeTask } from '../registry/task-refs'
import { guard, reportFailure, useFailureHandler } from '../utils/failures'
import { useFunctionCodec } from '../wire/functions'
import type { SessionSettings } from '../wire/messages'
import { crash } from './crash'
import { configureModules, suspendModule } from './modules'
import type { ParentChannel } from './parent-channel'
import { Session } from './session'

/** Starts to serve. The promise resolves when the initializer, if there is one, has run. */
export async function serve(channel: ParentChannel, settings: SessionSettings): Promise<void> {
  useFailureHandler((error) => crash(channel, error))
  const session = new Session(channel, settings)
  role.worker = {
    insideBody,
    suspend: suspendModule,
    depth: settings.depth,
    lifelines: settings.lifelines,
    request: (service, body) => session.requests.request(service, body),
    tell: (service, body) => session.requests.tell(service, body),
  }
  claimRealm() // modules that bring a copy of the library get this one
  useFunctionCodec({ encode: encodeTask, decode: decodeTask })
  configureModules(settings.environment)
  const onUncaughtError = (error: unknown): void => guard(() => session.uncaughtError(error))
  process.on('uncaughtException', onUncaughtError)
  process.on('unhandledRejection', onUncaughtError)
  await session.open().catch(reportFailure)
}
