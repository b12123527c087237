/** The connections to PostgreSQL: a pool for statements, and a client that listens. */
import type { Client, Pool, PoolConfig } from 'pg'
import { after, clearAfter, type Timer } from '../utils/after'
import { setImmediate } from '../utils/clock'
import { crypto } from '../utils/lazy'
import { atMost, CLOSE_LIMIT } from './at-most'
import type { Connection } from './connection'
import { EngineClock } from './engine-clock'
import { pg } from './peers'
import { openPool, poolConfig } from './postgres-pool'
import { Trouble } from './trouble'

/**
 * The longest message, in characters. PostgreSQL takes fewer than 8000 bytes, and a character has up to 3 bytes in
 * JSON.
 */
const LONGEST = 2600
/** The time between two attempts to connect again, in ms. */
const RETRY_EVERY = 500

export class PostgresConnection implements Connection {
  readonly kind = 'postgres'
  readonly longest = LONGEST
  readonly trouble = new Trouble()
  readonly clock = new EngineClock(() => this.#time())
  readonly client: never
  readonly #pool: Pool
  readonly #config: PoolConfig
  readonly #listeners = new Map<string, { readonly listener: (text: string) => void; readonly resumed: () => void }>()
  #listening: Promise<Client> | undefined
  #retry: Timer | undefined
  #unsent: Array<readonly [channel: string, text: string]> = []
  #alive = false
  #closed = false

  constructor(option: string | object) {
    this.#config = poolConfig(option)
    this.#pool = openPool(this.#config, this.trouble)
    this.client = this.#pool as never
  }

  async ready(): Promise<void> {
    await this.#pool.query('SELECT 1')
    await this.clock.known()
    await this.#listening
  }

  /** Messages of one turn go out together, because each statement waits for the disk. */
  publish(channel: string, text: string): void {
    this.#unsent.push([channelName(channel), text])
    if (this.#unsent.length === 1) setImmediate(() => this.#flush())
  }

  subscribe(channel: string, listener: (text: string) => void, resumed: () => void): void {
    this.#listeners.set(channelName(channel), { listener, resumed })
    if (this.#listening === undefined) this.#listen(false)
    else void this.#listening.then((client) => client.query(`LISTEN "${channelName(channel)}"`)).catch(() => undefined)
  }

  /** Never calls the listener: a lost statement fails. */
  whenLost(): void {}

  hold(alive: boolean): void {
    this.#alive = alive
    void this.#listening?.then((client) => this.#holdOne(client)).catch(() => undefined)
  }

  async close(): Promise<void> {
    this.#closed = true
    clearAfter(this.#retry)
    await atMost(
      CLOSE_LIMIT,
      this.#listening?.then((client) => client.end()),
    )
    await atMost(CLOSE_LIMIT, this.#pool.end())
  }

  async #time(): Promise<number> {
    const sql = 'SELECT extract(epoch FROM clock_timestamp()) * 1000 AS time'
    const { rows } = await this.#pool.query<{ time: string }>(sql)
    return Number(rows[0]?.time)
  }

  #flush(): void {
    const messages = this.#unsent
    this.#unsent = []
    const channels = messages.map(([channel]) => channel)
    const texts = messages.map(([, text]) => text)
    const sql = 'SELECT pg_notify(channel, text) FROM unnest($1::text[], $2::text[]) AS m(channel, text)'
    this.#pool.query(sql, [channels, texts]).catch(() => undefined) // replies are hints: the records have the truth
  }

  #listen(again: boolean): void {
    this.#listening = this.#connect(again)
    this.#listening.catch(() => this.#listenAgain())
  }

  async #connect(again: boolean): Promise<Client> {
    const client = new (pg().Client)(this.#config)
    client.on('error', () => undefined) // 'end' follows
    await client.connect()
    client.on('notification', ({ channel, payload }) => this.#listeners.get(channel)?.listener(payload ?? ''))
    try {
      for (const channel of this.#listeners.keys()) await client.query(`LISTEN "${channel}"`)
    } catch (error) {
      void client.end().catch(() => undefined) // the next attempt has a connection of its own
      throw error
    }
    client.on('end', () => this.#listenAgain())
    this.#holdOne(client)
    if (again) for (const { resumed } of this.#listeners.values()) resumed()
    return client
  }

  #listenAgain(): void {
    if (this.#closed) return
    this.#retry = after(RETRY_EVERY, () => this.#listen(true))
    if (!this.#alive) this.#retry.unref()
  }

  #holdOne(client: Client): void {
    const handle = client as unknown as { ref(): void; unref(): void }
    if (this.#alive) handle.ref()
    else handle.unref()
  }
}

/** A name in PostgreSQL has 63 bytes at most. */
function channelName(channel: string): string {
  return `pebble_${crypto().createHash('sha1').update(channel).digest('hex')}`
}
