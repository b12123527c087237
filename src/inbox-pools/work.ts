import { show } from '../utils/options'

/** One piece of work: an item of an inbox. `kwargs`, an object, is passed as the last argument. */
export type Work = readonly [fn: unknown, args?: readonly unknown[] | null, kwargs?: object | null]

/**
 * Reads an item of an inbox: the function, and its arguments including `kwargs`.
 *
 * @param withData whether the last argument must be an object, for `workerData`
 * @throws {TypeError} the item is not a piece of work
 */
export function readWork(item: unknown, withData: boolean): { fn: unknown; args: unknown[] } {
  if (!Array.isArray(item) || item.length === 0) throw notWork('work', '`[fn, args, kwargs]`', item)
  const [fn, args, kwargs] = item as unknown as Work
  if (!isMissing(args) && !Array.isArray(args)) throw notWork('`args` of work', 'an array', args)
  if (!isMissing(kwargs) && (typeof kwargs !== 'object' || Array.isArray(kwargs))) {
    throw notWork('`kwargs` of work', 'an object', kwargs)
  }
  const named = isMissing(kwargs) ? (withData ? [{}] : []) : [kwargs]
  return { fn, args: [...((args ?? []) as readonly unknown[]), ...named] }
}

function isMissing(value: unknown): value is null | undefined {
  return value === undefined || value === null
}

function notWork(what: string, expected: string, value: unknown): TypeError {
  return new TypeError(`Expected ${what} to be ${expected}, got ${show(value)}`)
}
