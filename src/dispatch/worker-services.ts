import { serveRequest, ownerExited } from '../registry/services'
import { packThrown } from '../wire/errors'
import { UNANSWERED, type WorkerMessage } from '../wire/messages'
import { pack, type PackContext, type Packed } from '../wire/values'
import { offerQueueService } from '../queues/queue'
import { offerLockService } from '../sync/lock-service'
import type { WorkerHandle } from './worker-handle'
import { outcomeValue } from './outcomes'

/** Serves a request of a worker (locks, queues), and sends the response. */
export function answerRequest(worker: WorkerHandle, message: WorkerMessage): void {
  offerLockService()
  offerQueueService()
  const context: PackContext = { root: 'response', kind: worker.channel.kind }
  const wanted = message.sequence !== UNANSWERED
  const reply = (failed: boolean, { data, flags, transfer, classes }: Packed): void => {
    if (!wanted) return
    worker.channel.send({ type: 'response', request: message.sequence, failed, data, flags, classes }, transfer)
    worker.openRequests -= 1
  }
  if (wanted) worker.openRequests += 1
  const respond = async (): Promise<void> => {
    const [service, body] = outcomeValue(message) as [string, unknown]
    reply(false, pack(await serveRequest(worker.name, service, body), context))
  }
  respond().catch((error: unknown) => reply(true, packThrown(error, context)))
}

/** Releases what a worker owned (locks, waits, queue items), after its exit. */
export function releaseOwned(worker: WorkerHandle): void {
  ownerExited(worker.name)
}
