/** The wrappers of `@synchronized`. They use method syntax, because methods have no `prototype`. */
import { TAKE_LOCK, type BaseLock } from '../sync/base-lock'
import { runHolding } from '../sync/chain'
import type { LockGrant } from '../sync/lock-grant'
import type { CodeLocation } from '../sync/code-location'

/** Holds the lock until the promise that `original` returned has settled. */
export function holdDuringCall(lock: BaseLock, original: Function, location: CodeLocation): Function {
  const { wrapper } = {
    async wrapper(this: unknown, ...args: unknown[]): Promise<unknown> {
      const { grant, release } = await lock[TAKE_LOCK](location)
      try {
        return await runHolding(grant, () => Reflect.apply(original, this, args) as unknown)
      } finally {
        release[Symbol.dispose]()
      }
    },
  }
  return wrapper
}

/** Holds the lock from the first `next()` until the generator is done. */
export function holdDuringStream(lock: BaseLock, original: Function, location: CodeLocation): Function {
  const { wrapper } = {
    async *wrapper(this: unknown, ...args: unknown[]): AsyncGenerator<unknown, unknown, unknown> {
      const { grant, release } = await lock[TAKE_LOCK](location)
      try {
        const values = runHolding(grant, () => Reflect.apply(original, this, args) as AsyncGenerator<unknown>)
        return (yield* stepwise(values, grant)) as unknown
      } finally {
        release[Symbol.dispose]()
      }
    },
  }
  return wrapper
}

/** Runs every step as the holder of the lock: the body of a generator runs in the context of the caller of `next()`. */
function stepwise(values: AsyncGenerator<unknown>, grant: LockGrant): AsyncIterable<unknown> {
  const steps: AsyncIterator<unknown> = {
    next: (sent?: unknown) => runHolding(grant, () => values.next(sent)),
    return: (value?: unknown) => runHolding(grant, () => values.return(value)),
    throw: (error: unknown) => runHolding(grant, () => values.throw(error)),
  }
  return { [Symbol.asyncIterator]: () => steps }
}
