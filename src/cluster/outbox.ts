/** Collects the messages of one turn of the event loop, and publishes those to one channel together. */
import { setImmediate } from '../utils/clock'
import type { Connection } from './connection'

export class Outbox {
  readonly #connection: Connection
  readonly #unsent = new Map<string, string[]>()

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** @param text a message as JSON */
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

  /** A list is as long as a channel takes. A single message that is longer is left to the record that it speaks of. */
  #publish(channel: string, texts: readonly string[]): void {
    const { longest } = this.#connection
    let list: string[] = []
    let length = 0
    for (const text of texts) {
      if (length + text.length > longest && list.length > 0) {
        this.#connection.publish(channel, `[${list.join()}]`)
        list = []
        length = 0
      }
      list.push(text)
      length += text.length + 1
    }
    this.#connection.publish(channel, `[${list.join()}]`)
  }
}
