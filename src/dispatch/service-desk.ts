import { serve, workerGone } from '../registry/services'
import { packThrown } from '../wire/errors'
import { UNANSWERED, type WorkerMessage } from '../wire/messages'
import { pack, type PackContext, type Packed } from '../wire/values'
import { offerQueues } from '../queues/queue'
import { offerLocks } from '../sync/broker'
import type { Member } from './member'
import { outcomeValue } from './outcomes'

/** Serves what a worker asks for, and answers. */
export function answer(member: Member, message: WorkerMessage): void {
  offerLocks()
  offerQueues()
  const context: PackContext = { root: 'response', kind: member.channel.kind }
  const wanted = message.sequence !== UNANSWERED
  const reply = (failed: boolean, { data, flags, transfer, classes }: Packed): void => {
    if (!wanted) return
    member.channel.send({ type: 'response', request: message.sequence, failed, data, flags, classes }, transfer)
    member.unanswered -= 1
  }
  if (wanted) member.unanswered += 1
  const respond = async (): Promise<void> => {
    const [service, body] = outcomeValue(message) as [string, unknown]
    reply(false, pack(await serve(member.name, service, body), context))
  }
  respond().catch((error: unknown) => reply(true, packThrown(error, context)))
}

/** What a worker held is free, now that it is gone. */
export function gone(member: Member): void {
  workerGone(member.name)
}
