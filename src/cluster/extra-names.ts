/**
 * Maps the names of modules and classes in the extra of a call: they are portable in the queue, and local on a machine.
 */
import { mapStrings } from '../utils/portable-names'
import type { CallExtra } from '../wire/call-batch'

/** Replaces the names. The values of stores are packed already, and stay as they are. */
export function mapNames(extra: CallExtra | undefined, change: (text: string) => string): CallExtra | undefined {
  if (extra === undefined) return undefined
  const { stores, absent, fields, classes, ...rest } = extra
  const names = <T>(value: T): T => mapStrings(value, change)
  return {
    ...rest,
    classes: names(classes),
    fields: names(fields),
    absent: absent?.map(([field, text, logger]) => (logger ? [field, text, names(logger)] : [field, text])),
    stores: stores?.map(([id, data, flags, left, symbols]) => [
      names(id),
      data,
      flags,
      left,
      symbols && { ...symbols, keys: names(symbols.keys) },
    ]),
  }
}
