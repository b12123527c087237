import { SerializationError } from '../errors'
import { atCaller } from '../utils/user-frames'
import { MessageKind, UNANSWERED, type ServiceResponse } from '../wire/messages'
import { unpackThrown } from '../wire/errors'
import { pack, unpack, type Packed } from '../wire/values'
import type { ParentChannel } from './parent-channel'
import { resolveClass } from './resolve'

interface PendingRequest {
  resolve(value: unknown): void
  reject(error: unknown): void
}

/** Numbers travel in 32 bits; {@link UNANSWERED} is none of them. */
const MOST = 2 ** 31 - 1

/** Asks the parent, and hears its answers. */
export class Requests {
  readonly #channel: ParentChannel
  readonly #pending = new Map<number, PendingRequest>()
  #last = 0

  constructor(channel: ParentChannel) {
    this.#channel = channel
  }

  /** Rejects with `SerializationError` where `body` cannot cross. */
  request(service: string, body: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const packed = this.#pack(service, body)
      const number = (this.#last = (this.#last % MOST) + 1)
      this.#pending.set(number, { resolve, reject })
      this.#channel.publish(MessageKind.Request, number, 0, packed, true, false)
    })
  }

  /** Asks for nothing back: what the service throws is lost. */
  tell(service: string, body: unknown): void {
    const packed = this.#pack(service, body)
    this.#channel.publish(MessageKind.Request, UNANSWERED, 0, packed, true, false)
  }

  answered(response: ServiceResponse): void {
    const waiting = this.#pending.get(response.request)
    if (!waiting) return
    this.#pending.delete(response.request)
    if (response.classes) this.#loaded(response.classes, () => settle(waiting, response), waiting)
    else settle(waiting, response)
  }

  #pack(service: string, body: unknown): Packed {
    try {
      return pack([service, body], { root: 'request', kind: this.#channel.kind })
    } catch (error) {
      if (error instanceof SerializationError) atCaller(error) // what was asked for stands there, and not here
      throw error
    }
  }

  #loaded(classes: readonly string[], then: () => void, { reject }: PendingRequest): void {
    Promise.all(classes.map((id) => resolveClass(id))).then(then, reject)
  }
}

function settle(waiting: PendingRequest, { failed, data, flags }: ServiceResponse): void {
  try {
    if (failed) waiting.reject(unpackThrown(data, flags, {}))
    else waiting.resolve(unpack(data, flags, {}))
  } catch (error) {
    waiting.reject(error)
  }
}
