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

/** The largest number of a request: it is sent in 32 bits. No request has the number {@link UNANSWERED}. */
const MAX_NUMBER = 2 ** 31 - 1

/** Sends requests to services of the parent, and receives the responses. */
export class Requests {
  readonly #channel: ParentChannel
  readonly #pending = new Map<number, PendingRequest>()
  #last = 0

  constructor(channel: ParentChannel) {
    this.#channel = channel
  }

  /** Resolves with the response. Rejects with `SerializationError` if `body` cannot be sent. */
  request(service: string, body: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const packed = this.#pack(service, body)
      const number = (this.#last = (this.#last % MAX_NUMBER) + 1)
      this.#pending.set(number, { resolve, reject })
      this.#channel.publish(MessageKind.Request, number, 0, packed, true, false)
    })
  }

  /** Sends a request without a response. An error of the service is lost. */
  tell(service: string, body: unknown): void {
    const packed = this.#pack(service, body)
    this.#channel.publish(MessageKind.Request, UNANSWERED, 0, packed, true, false)
  }

  answered(response: ServiceResponse): void {
    const pending = this.#pending.get(response.request)
    if (!pending) return
    this.#pending.delete(response.request)
    if (!response.classes) settle(pending, response)
    else {
      const loading = Promise.all(response.classes.map((id) => resolveClass(id)))
      loading.then(() => settle(pending, response), pending.reject)
    }
  }

  #pack(service: string, body: unknown): Packed {
    try {
      return pack([service, body], { root: 'request', kind: this.#channel.kind })
    } catch (error) {
      if (error instanceof SerializationError) atCaller(error) // the caller has passed the value
      throw error
    }
  }
}

function settle(pending: PendingRequest, { failed, data, flags }: ServiceResponse): void {
  try {
    if (failed) pending.reject(unpackThrown(data, flags, {}))
    else pending.resolve(unpack(data, flags, {}))
  } catch (error) {
    pending.reject(error)
  }
}
