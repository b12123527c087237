/**
 * The connections to Redis or PostgreSQL, and the channels on them: messages to those that listen now. They may be lost.
 *
 *   caller ── listens on `<queue>:caller:<id>` ◄── replies of workers
 *   worker ── listens on `<queue>:control`     ◄── messages of callers
 */

export interface Connection {
  readonly kind: 'redis' | 'postgres'
  /** What a queue of BullMQ is made with. */
  readonly client: object
  /** The longest message of a channel, in characters. */
  readonly longest: number
  ready(): Promise<void>
  publish(channel: string, text: string): void
  /** @param resumed the connection was lost, and messages with it */
  subscribe(channel: string, listener: (text: string) => void, resumed: () => void): void
  /** Whether the connections keep the program alive. */
  hold(alive: boolean): void
  close(): Promise<void>
}
