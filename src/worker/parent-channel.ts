import type { MessageKind, ParentMessage } from '../wire/messages'
import type { WorkerSlots } from '../wire/slots'
import type { Packed } from '../wire/values'

/** The worker's end of a channel. What `publish` has taken reaches the parent whatever happens to the worker next. */
export interface ParentChannel {
  readonly kind: 'thread' | 'process'
  readonly slots: WorkerSlots
  /**
   * @param more another body is about to start: outcomes may go out together, as long as none of them can be lost
   * @param ordered the message must not overtake, nor be overtaken by, other ordered ones
   * @returns whether it took the slower way: what follows it must be ordered, or might overtake it
   * @throws what structured clone throws, where `packed` is LIVE and cannot be cloned
   */
  publish(
    kind: MessageKind,
    sequence: number,
    duration: number,
    packed: Packed,
    ordered: boolean,
    more: boolean,
  ): boolean
  listen(receive: (message: ParentMessage) => void): void
}
