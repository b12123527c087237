/** Everyone who waits for one signal, and the one listener that hears it. */
interface AbortSubscription {
  readonly waiting: Set<() => void>
  readonly listener: () => void
}

const subscriptions = new WeakMap<AbortSignal, AbortSubscription>()

/**
 * Calls `fn` once `signal` aborts. However many wait for a signal, it has one listener of ours: Node warns of a leak at
 * eleven. A signal that has aborted calls nobody any more.
 *
 * @returns how to stop that; the last to do so takes the listener away
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
    for (const fn of [...waiting]) if (waiting.delete(fn)) fn() // one that is called may have others forgotten
  }
  const hearing = { waiting, listener }
  subscriptions.set(signal, hearing)
  signal.addEventListener('abort', listener, { once: true })
  return hearing
}
