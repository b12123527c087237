import { limitWait } from '../futures/limit-wait'

/** Waits for something that an engine which is down may never do: for at most `ms`. Its failure does not matter. */
export async function atMost(ms: number, promise: Promise<unknown> | undefined): Promise<void> {
  if (promise) await limitWait(promise, ms, undefined, 'the queue').catch(() => undefined)
}

/** How long each step of closing may take, in ms. */
export const CLOSE_LIMIT = 1000
