import type { MessageKind, ParentMessage } from '../wire/messages'
import type { WorkerSlots } from '../wire/slots'
import type { Packed } from '../wire/values'

/** The worker's end of a channel. What it has published reaches the parent, whatever happens to the worker next. */
export interface ParentChannel {
  readonly kind: 'thread' | 'process'
  readonly slots: WorkerSlots
  /**
   * Sends a message. It has more than four parameters because an object per outcome would cost time on the hot path.
   *
   * @param ordered ordered messages do not overtake each other
   * @param more another body is about to start: outcomes may go out together, as long as none can be lost
   * @returns `true`: it went over the port. Later messages that must stay behind it must be `ordered`
   * @throws what structured clone throws, if `packed` is LIVE and cannot be cloned
   */
  publish(
    kind: MessageKind,
    sequence: number,
    duration: number,
    packed: Packed,
    ordered: boolean,
    more: boolean,
  ): boolean
  /** Sends the outcomes that wait to go out together. Call it if other code may run before the next body. */
  flush(): void
  listen(receive: (message: ParentMessage) => void): void
}
