/** All functions that wait for a signal, and the one listener that calls them. */
interface AbortSubscription {
  readonly waiting: Set<() => void>
  readonly listener: () => void
}

const subscriptions = new WeakMap<AbortSignal, AbortSubscription>()

/**
 * Calls `fn` when `signal` aborts; never, if it has aborted already. All functions share one listener per signal,
 * because Node.js warns about a leak at eleven (`events.addAbortListener` adds one for each).
 *
 * @returns a function that unsubscribes `fn`; the last one removes the listener
 */
export function onAbort(signal: AbortSignal, fn: () => void): () => void {
  const { waiting, listener } = subscriptions.get(signal) ?? listenTo(signal)
  waiting.add(fn)
  return () => {
    if (!waiting.delete(fn) || waiting.size > 0) return
    signal.removeEventListener('abort', listener)
    subscriptions.delete(signal)
  }
}

function listenTo(signal: AbortSignal): AbortSubscription {
  const waiting = new Set<() => void>()
  const listener = (): void => {
    subscriptions.delete(signal)
    for (const fn of [...waiting]) if (waiting.delete(fn)) fn() // `fn` may unsubscribe others
  }
  const subscription = { waiting, listener }
  subscriptions.set(signal, subscription)
  signal.addEventListener('abort', listener, { once: true })
  return subscription
}
