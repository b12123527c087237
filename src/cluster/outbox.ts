/** Collects the messages of one turn of the event loop, and publishes those to one channel together. */
import { setImmediate } from '../utils/clock'
import type { Connection } from './connection'

export class Outbox {
  readonly #connection: Connection
  readonly #unsent = new Map<string, string[]>()

  constructor(connection: Connection) {
    this.#connection = connection
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

  /** Publishes as many of them together as fit into a message of the channel. */
  #publish(channel: string, texts: readonly string[]): void {
    const { longest } = this.#connection
    let together = texts[0] as string
    for (const text of texts.slice(1)) {
      if (together.length + 1 + text.length <= longest) together += `\n${text}`
      else {
        this.#connection.publish(channel, together)
        together = text
      }
    }
    this.#connection.publish(channel, together)
  }
}

/** The messages that were published together. */
export const separate = (published: string): string[] => published.split('\n')
