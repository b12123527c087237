import { runOutside } from './async-context'

interface Waiter<T> {
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
}

const lines = new WeakMap<Promise<unknown>, Set<Waiter<never>>>()

/**
 * Tells `waiter` how `promise` settles. A reaction of `then` cannot be taken back: a promise that stays pending would
 * keep those of all waits that have ended. So there is one reaction to each promise, and a set of waiters.
 *
 * @returns takes the waiter out again
 */
export function onSettled<T>(promise: Promise<T>, waiter: Waiter<T>): () => void {
  const line = (lines.get(promise) ?? listenTo(promise)) as Set<Waiter<T>>
  line.add(waiter)
  return () => void line.delete(waiter)
}

function listenTo<T>(promise: Promise<T>): Set<Waiter<T>> {
  const line = new Set<Waiter<T>>()
  lines.set(promise, line)
  const end = (tell: (waiter: Waiter<T>) => void): void => {
    lines.delete(promise) // who comes later needs a reaction that is still to run
    for (const waiter of line) tell(waiter)
  }
  runOutside(() => {
    promise.then(
      (value) => end(({ resolve }) => resolve(value)),
      (error: unknown) => end(({ reject }) => reject(error)),
    )
  }, undefined)
  return line
}
