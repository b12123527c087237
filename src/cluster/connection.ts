/**
 * The connections to Redis or PostgreSQL, and the channels on them. A message reaches only the programs that listen at
 * that moment, and may be lost.
 *
 *   caller ── listens on `<queue>:caller:<id>` ◄── replies of workers
 *   worker ── listens on `<queue>:control`     ◄── messages of callers
 */
import { after } from '../utils/after'
import { monotonic } from '../utils/clock'
import type { EngineClock } from './engine-clock'
import { isRefusal, type Trouble } from './trouble'

export interface Connection {
  readonly kind: 'redis' | 'postgres'
  /** The option `connection` of BullMQ's queues. */
  readonly client: object
  /** The longest message of a channel, in characters. */
  readonly longest: number
  readonly clock: EngineClock
  readonly trouble: Trouble
  ready(): Promise<void>
  publish(channel: string, text: string): void
  /** @param resumed called if the connection was lost and has come back: messages may be lost */
  subscribe(channel: string, listener: (text: string) => void, resumed: () => void): void
  /** Calls the listener when commands may have been lost, or sent again. On PostgreSQL, lost commands fail instead. */
  whenLost(listener: () => void): void
  /** Whether the connections keep the program alive. */
  hold(alive: boolean): void
  close(): Promise<void>
}

/** The time between two attempts after the connection was lost, in ms. */
const AGAIN_AFTER = 200
/**
 * Error codes of the system, the classes of PostgreSQL for connections and shutdowns, and what Redis says at its start.
 */
const CODES = /^(?:E[A-Z_]+|08\w{3}|53300|57P0\d)$/
const TEXTS = /connection|socket|stream isn't writeable|^LOADING|^NOSCRIPT/i

/** Whether a request may succeed later, because the connection was lost or could not be made. */
export function isConnectionError(error: unknown): boolean {
  if (isRefusal(error)) return false
  const { code, message } = error as { code?: unknown; message?: unknown }
  return (typeof code === 'string' && CODES.test(code)) || (typeof message === 'string' && TEXTS.test(message))
}

/**
 * Repeats a request while there is no connection. It may have been carried out although it failed.
 *
 * @param limit ms after which it is not repeated any more
 */
export async function whileConnecting<T>(limit: number, request: () => Promise<T>): Promise<T> {
  const end = monotonic() + limit
  for (;;) {
    try {
      return await request()
    } catch (error) {
      if (!isConnectionError(error) || monotonic() > end) throw error
    }
    await new Promise<void>((resolve) => after(AGAIN_AFTER, resolve).unref())
  }
}
