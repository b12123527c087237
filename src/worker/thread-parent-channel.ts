import type { MessagePort } from 'node:worker_threads'
import { MessageKind, type ParentMessage } from '../wire/messages'
import { RingWriter } from '../wire/ring'
import { SharedSlots, type WorkerSlots } from '../wire/slots'
import { LIVE, type Packed } from '../wire/values'
import type { ParentChannel } from './parent-channel'

/** Sends small messages that need no order through the ring, all others through the port. What is in either survives the thread. */
export class ThreadParentChannel implements ParentChannel {
  readonly kind = 'thread'
  readonly slots: WorkerSlots
  readonly #port: MessagePort
  readonly #ring: RingWriter

  constructor(port: MessagePort, slots: SharedArrayBuffer, ring: SharedArrayBuffer) {
    this.#port = port
    this.slots = new SharedSlots(slots)
    this.#ring = new RingWriter(ring)
  }

  // eslint-disable-next-line @typescript-eslint/max-params -- an object per outcome would cost time on the hot path
  publish(kind: MessageKind, sequence: number, duration: number, packed: Packed, ordered: boolean): boolean {
    const { data, flags, transfer } = packed
    const inRing = !ordered && !transfer && (flags & LIVE) === 0 // LIVE values share memory, and the ring only holds bytes
    const isNumber = kind === MessageKind.Element && typeof data === 'number'
    if (
      inRing &&
      (isNumber
        ? this.#ring.writeNumber(sequence, duration, data)
        : this.#ring.write(kind, sequence, duration, flags, data))
    ) {
      if (this.#ring.mustWake()) this.#port.postMessage(0)
      return false
    }
    this.#port.postMessage([kind, sequence, duration, flags, data], transfer)
    return true
  }

  flush(): void {
    // nothing waits: outcomes are in shared memory at once
  }

  listen(receive: (message: ParentMessage) => void): void {
    this.#port.on('message', receive)
  }
}
