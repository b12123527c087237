/** What goes with a call, with the names of this machine instead of portable ones. */
import { localName, mapStrings } from '../utils/portable-names'
import type { CallExtra } from '../wire/messages'

export function localExtra(extra: CallExtra | undefined): CallExtra | undefined {
  if (extra === undefined) return undefined
  const { stores, absent, fields, classes, ...rest } = extra
  const local = <T>(value: T): T => mapStrings(value, localName)
  return {
    ...rest,
    classes: local(classes),
    fields: local(fields),
    absent: absent?.map(([field, text, logger]) => (logger ? [field, text, local(logger)] : [field, text])),
    stores: stores?.map(([id, data, flags, left, symbols]) => [
      localName(id),
      data,
      flags,
      left,
      symbols && { ...symbols, keys: local(symbols.keys) },
    ]),
  }
}
