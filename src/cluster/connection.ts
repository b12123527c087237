/**
 * The connections to Redis or PostgreSQL, and the channels on them: messages to those that listen now. They may be lost.
 *
 *   caller ── listens on `<queue>:caller:<id>` ◄── replies of workers
 *   worker ── listens on `<queue>:control`     ◄── messages of callers
 */
import type { EngineClock } from './engine-clock'
import { isRefusal, type Trouble } from './trouble'

export interface Connection {
  readonly kind: 'redis' | 'postgres'
  /** What a queue of BullMQ is made with. */
  readonly client: object
  /** The longest message of a channel, in characters. */
  readonly longest: number
  readonly clock: EngineClock
  readonly trouble: Trouble
  ready(): Promise<void>
  publish(channel: string, text: string): void
  /** @param resumed the connection was lost, and messages with it */
  subscribe(channel: string, listener: (text: string) => void, resumed: () => void): void
  /** Whether the connections keep the program alive. */
  hold(alive: boolean): void
  close(): Promise<void>
}

/** Codes of the system, the classes of PostgreSQL for connections and shutdowns, and what Redis says while it starts. */
const CODES = /^(?:E[A-Z_]+|08\w{3}|53300|57P0\d)$/
const TEXTS = /connection|socket|stream isn't writeable|^LOADING|^NOSCRIPT/i

/** Whether a request may succeed later, because the connection was lost or could not be made. */
export function isConnectionError(error: unknown): boolean {
  if (isRefusal(error)) return false
  const { code, message } = error as { code?: unknown; message?: unknown }
  return (typeof code === 'string' && CODES.test(code)) || (typeof message === 'string' && TEXTS.test(message))
}
