/** Collects the messages of one turn of the event loop, and publishes those to one channel together. */
import { setImmediate } from '../utils/clock'
import type { Connection } from './connection'
import { SEAL_LENGTH, type MessageSeal } from './message-seal'

export class Outbox {
  readonly #connection: Pick<Connection, 'publish' | 'longest'>
  readonly #seal: MessageSeal
  readonly #unsent = new Map<string, string[]>()

  constructor(connection: Pick<Connection, 'publish' | 'longest'>, seal: MessageSeal) {
    this.#connection = connection
    this.#seal = seal
  }

  /** The longest message, in characters. */
  get longest(): number {
    return this.#connection.longest - SEAL_LENGTH
  }

  /** @param text a message without line breaks, such as JSON */
  send(channel: string, text: string): void {
    const texts = this.#unsent.get(channel)
    if (texts) {
      texts.push(text)
      return
    }
    if (this.#unsent.size === 0) setImmediate(() => this.#flush())
    this.#unsent.set(channel, [text])
  }

  #flush(): void {
    for (const [channel, texts] of this.#unsent) this.#publish(channel, texts)
    this.#unsent.clear()
  }

  /** Publishes the messages, as many together as fit into one message of the channel. */
  #publish(channel: string, texts: readonly string[]): void {
    let [together, length]: [string[], number] = [[], 0]
    const publish = (): void => this.#connection.publish(channel, this.#seal.seal(channel, together))
    for (const text of texts) {
      if (together.length > 0 && length + 1 + text.length > this.longest) {
        publish()
        ;[together, length] = [[], 0]
      }
      together.push(text)
      length += text.length + 1
    }
    publish()
  }
}
