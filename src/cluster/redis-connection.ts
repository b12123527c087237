/** The connections to Redis: one for commands, one for the messages of channels. */
import type { Redis } from 'ioredis'
import { atMost, CLOSE_LIMIT } from './at-most'
import type { Connection } from './connection'
import { EngineClock } from './engine-clock'
import { duplicateOf, openRedis } from './redis-client'
import { Trouble } from './trouble'

/** The longest message, in characters. Longer outcomes are read from the record, and not sent twice. */
const LONGEST = 64 * 1024

interface Handle {
  ref?(): void
  unref?(): void
}

export class RedisConnection implements Connection {
  readonly kind = 'redis'
  readonly longest = LONGEST
  readonly trouble = new Trouble()
  readonly clock = new EngineClock(() => this.#time())
  readonly client: Redis
  readonly #ownsClient: boolean
  #subscriber: Redis | undefined
  readonly #listeners = new Map<string, (text: string) => void>()
  #alive = false

  constructor(option: string | object) {
    this.#ownsClient = !isClient(option)
    this.client = isClient(option) ? option : this.#watched(openRedis(option))
  }

  async ready(): Promise<void> {
    for (const client of [this.client, ...(this.#subscriber ? [this.#subscriber] : [])]) await client.ping()
    await this.clock.known()
  }

  publish(channel: string, text: string): void {
    this.client.publish(channel, text).catch(() => undefined) // a reply is a hint: the record has the truth
  }

  subscribe(channel: string, listener: (text: string) => void, resumed: () => void): void {
    const subscriber = (this.#subscriber ??= this.#openSubscriber())
    this.#listeners.set(channel, listener)
    subscriber.subscribe(channel).catch((error) => this.trouble.happened(error)) // it subscribes once it is connected
    let connected = false
    subscriber.on('ready', () => {
      if (connected) resumed()
      connected = true
    })
  }

  whenLost(listener: () => void): void {
    this.client.on('close', listener)
  }

  hold(alive: boolean): void {
    this.#alive = alive
    for (const client of [this.#ownsClient ? this.client : undefined, this.#subscriber]) this.#holdOne(client)
  }

  async close(): Promise<void> {
    this.#subscriber?.disconnect()
    if (!this.#ownsClient) return
    await atMost(CLOSE_LIMIT, this.client.quit())
    this.client.disconnect()
  }

  async #time(): Promise<number> {
    const [seconds, microseconds] = await this.client.time()
    return Number(seconds) * 1000 + Number(microseconds) / 1000
  }

  #openSubscriber(): Redis {
    const subscriber = this.#watched(duplicateOf(this.client))
    subscriber.on('message', (channel: string, text: string) => this.#listeners.get(channel)?.(text))
    return subscriber
  }

  #watched(client: Redis): Redis {
    client.on('error', (error) => this.trouble.happened(error)) // it connects again
    client.on('ready', () => this.trouble.over())
    for (const event of ['connecting', 'connect', 'reconnecting']) client.on(event, () => this.#holdOne(client))
    return client
  }

  /** Applies to the connection, and to the pause before the next attempt to connect. */
  #holdOne(client: Redis | undefined): void {
    const { stream, reconnectTimeout } = (client ?? {}) as Partial<Record<'stream' | 'reconnectTimeout', Handle | null>>
    for (const handle of [stream, reconnectTimeout]) {
      if (this.#alive) handle?.ref?.()
      else handle?.unref?.()
    }
  }
}

function isClient(option: string | object): option is Redis {
  return typeof option === 'object' && 'duplicate' in option && 'publish' in option
}
