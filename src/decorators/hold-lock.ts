/** The functions that `@synchronized` puts in the place of others. By method syntax: methods have no `prototype`. */
import { TAKE_LOCK, type BaseLock } from '../sync/base-lock'
import { runHolding } from '../sync/chain'
import type { LockGrant } from '../sync/lock-grant'
import type { CodeLocation } from '../sync/code-location'

/** Holds the lock until what `original` returned has settled. */
export function holdDuringCall(lock: BaseLock, original: Function, location: CodeLocation): Function {
  const { wrapper } = {
    async wrapper(this: unknown, ...args: unknown[]): Promise<unknown> {
      const { hold: grant, release } = await lock[TAKE_LOCK](location)
      try {
        return await runHolding(grant, () => Reflect.apply(original, this, args) as unknown)
      } finally {
        release[Symbol.dispose]()
      }
    },
  }
  return wrapper
}

/** Holds the lock from the first value that is asked for until there are no more. */
export function holdDuringStream(lock: BaseLock, original: Function, location: CodeLocation): Function {
  const { wrapper } = {
    async *wrapper(this: unknown, ...args: unknown[]): AsyncGenerator<unknown, unknown, unknown> {
      const { hold: grant, release } = await lock[TAKE_LOCK](location)
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

/** Every step runs as the holder: a generator's body runs in the context of whoever asks for its next value. */
function stepwise(values: AsyncGenerator<unknown>, grant: LockGrant): AsyncIterable<unknown> {
  const steps: AsyncIterator<unknown> = {
    next: (sent?: unknown) => runHolding(grant, () => values.next(sent)),
    return: (value?: unknown) => runHolding(grant, () => values.return(value)),
    throw: (error: unknown) => runHolding(grant, () => values.throw(error)),
  }
  return { [Symbol.asyncIterator]: () => steps }
}
