import { runOutside } from './async-context'

interface Reaction<T> {
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
}

const reactionsOf = new WeakMap<Promise<unknown>, Set<Reaction<never>>>()

/**
 * Calls `reaction` when `promise` settles. A reaction added by `then` cannot be removed, so a promise that stays
 * pending would keep the reactions of all waits that have ended. This adds one per promise, with a set of functions to
 * call.
 *
 * @returns a function that unsubscribes the reaction
 */
export function onSettled<T>(promise: Promise<T>, reaction: Reaction<T>): () => void {
  const reactions = (reactionsOf.get(promise) ?? listenTo(promise)) as Set<Reaction<T>>
  reactions.add(reaction)
  return () => void reactions.delete(reaction)
}

function listenTo<T>(promise: Promise<T>): Set<Reaction<T>> {
  const reactions = new Set<Reaction<T>>()
  reactionsOf.set(promise, reactions)
  const settle = (call: (reaction: Reaction<T>) => void): void => {
    reactionsOf.delete(promise) // a later reaction needs a `then` of its own
    for (const reaction of reactions) call(reaction)
  }
  runOutside(() => {
    promise.then(
      (value) => settle(({ resolve }) => resolve(value)),
      (error: unknown) => settle(({ reject }) => reject(error)),
    )
  }, undefined)
  return reactions
}
