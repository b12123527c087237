import { show } from '../utils/options'
import type { Transferable } from './packed'

const lists = new WeakMap<object, readonly Transferable[]>()
let used = false

/**
 * Moves `list` to the worker when `value` is sent, instead of copying it: `transfer(image, [image.buffer])`. What was
 * moved cannot be used on this side any more. To a process everything is copied, whatever the list.
 *
 * @throws TypeError where `value` is no object or `list` no array.
 */
export function transfer<T extends object>(value: T, list: readonly Transferable[]): T {
  if (typeof value !== 'object' || value === null)
    throw new TypeError(`Expected \`value\` to be an object, got ${show(value)}`)
  if (!Array.isArray(list)) throw new TypeError(`Expected \`list\` to be an array, got ${show(list)}`)
  lists.set(value, [...(list as readonly Transferable[])])
  used = true
  return value
}

export const isMarkedForTransfer = (value: object): boolean => used && lists.has(value)

export function transferListOf(value: object): readonly Transferable[] | undefined {
  return used ? lists.get(value) : undefined
}
