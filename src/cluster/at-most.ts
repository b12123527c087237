import { limitWait } from '../futures/limit-wait'

/** Waits for a promise for at most `ms`: an engine that is down may never settle it. Its rejection is ignored. */
export async function atMost(ms: number, promise: Promise<unknown> | undefined): Promise<void> {
  if (promise) await limitWait(promise, ms, undefined, 'the queue').catch(() => undefined)
}

/** How long each step of closing may take, in ms. */
export const CLOSE_LIMIT = 1000
