import { SerializationError } from '../errors'
import { atCaller } from '../utils/user-frames'
import { Kind, UNANSWERED, type ServiceResponse } from '../wire/messages'
import { unpackThrown } from '../wire/errors'
import { pack, unpack, type Packed } from '../wire/values'
import type { Link } from './link'
import { resolveClass } from './resolve'

interface Waiting {
  resolve(value: unknown): void
  reject(error: unknown): void
}

/** Numbers travel in 32 bits; {@link UNANSWERED} is none of them. */
const MOST = 2 ** 31 - 1

/** Asks the parent, and hears its answers. */
export class Requests {
  readonly #link: Link
  readonly #waiting = new Map<number, Waiting>()
  #last = 0

  constructor(link: Link) {
    this.#link = link
  }

  /** Rejects with `SerializationError` where `body` cannot cross. */
  request(service: string, body: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const packed = this.#pack(service, body)
      const number = (this.#last = (this.#last % MOST) + 1)
      this.#waiting.set(number, { resolve, reject })
      this.#link.publish(Kind.Request, number, 0, packed, true, false)
    })
  }

  /** Asks for nothing back: what the service throws is lost. */
  tell(service: string, body: unknown): void {
    const packed = this.#pack(service, body)
    this.#link.publish(Kind.Request, UNANSWERED, 0, packed, true, false)
  }

  answered(response: ServiceResponse): void {
    const waiting = this.#waiting.get(response.request)
    if (!waiting) return
    this.#waiting.delete(response.request)
    if (response.classes) this.#loaded(response.classes, () => settle(waiting, response), waiting)
    else settle(waiting, response)
  }

  #pack(service: string, body: unknown): Packed {
    try {
      return pack([service, body], { root: 'request', kind: this.#link.kind })
    } catch (error) {
      if (error instanceof SerializationError) atCaller(error) // what was asked for stands there, and not here
      throw error
    }
  }

  #loaded(classes: readonly string[], then: () => void, { reject }: Waiting): void {
    Promise.all(classes.map((id) => resolveClass(id))).then(then, reject)
  }
}

function settle(waiting: Waiting, { failed, data, flags }: ServiceResponse): void {
  try {
    if (failed) waiting.reject(unpackThrown(data, flags, {}))
    else waiting.resolve(unpack(data, flags, {}))
  } catch (error) {
    waiting.reject(error)
  }
}
