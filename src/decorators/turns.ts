/** The functions that `@synchronized` puts in the place of others. By method syntax: methods have no `prototype`. */
import { TAKE, type BaseLock } from '../sync/base-lock'
import { runHolding } from '../sync/chain'
import type { Hold } from '../sync/hold'
import type { Place } from '../sync/place'

/** Holds the lock until what `original` returned has settled. */
export function inOneTurn(lock: BaseLock, original: Function, place: Place): Function {
  const { wrapper } = {
    async wrapper(this: unknown, ...args: unknown[]): Promise<unknown> {
      const { hold, release } = await lock[TAKE](place)
      try {
        return await runHolding(hold, () => Reflect.apply(original, this, args) as unknown)
      } finally {
        release[Symbol.dispose]()
      }
    },
  }
  return wrapper
}

/** Holds the lock from the first value that is asked for until there are no more. */
export function inTurns(lock: BaseLock, original: Function, place: Place): Function {
  const { wrapper } = {
    async *wrapper(this: unknown, ...args: unknown[]): AsyncGenerator<unknown, unknown, unknown> {
      const { hold, release } = await lock[TAKE](place)
      try {
        const values = runHolding(hold, () => Reflect.apply(original, this, args) as AsyncGenerator<unknown>)
        return (yield* stepwise(values, hold)) as unknown
      } finally {
        release[Symbol.dispose]()
      }
    },
  }
  return wrapper
}

/** Every step runs as the holder: a generator's body runs in the context of whoever asks for its next value. */
function stepwise(values: AsyncGenerator<unknown>, hold: Hold): AsyncIterable<unknown> {
  const steps: AsyncIterator<unknown> = {
    next: (sent?: unknown) => runHolding(hold, () => values.next(sent)),
    return: (value?: unknown) => runHolding(hold, () => values.return(value)),
    throw: (error: unknown) => runHolding(hold, () => values.throw(error)),
  }
  return { [Symbol.asyncIterator]: () => steps }
}
