/** `transfer()`: which objects are moved when a value is sent. */
import { show } from '../utils/options'
import type { Transferable } from './packed'

const lists = new WeakMap<object, readonly Transferable[]>()
let used = false

/**
 * Marks the objects in `list` to be moved, not copied, when `value` is sent to a thread:
 * `transfer(image, [image.buffer])`. Moved objects can no longer be used on this side. Processes always get copies.
 *
 * @throws TypeError if `value` is not an object or `list` is not an array.
 */
export function transfer<T extends object>(value: T, list: readonly Transferable[]): T {
  if (typeof value !== 'object' || value === null)
    throw new TypeError(`Expected \`value\` to be an object, got ${show(value)}`)
  if (!Array.isArray(list)) throw new TypeError(`Expected \`list\` to be an array, got ${show(list)}`)
  lists.set(value, [...(list as readonly Transferable[])])
  used = true
  return value
}

/** Whether anything was ever marked. */
export const isTransferUsed = (): boolean => used

export const isMarkedForTransfer = (value: object): boolean => used && lists.has(value)

export function transferListOf(value: object): readonly Transferable[] | undefined {
  return used ? lists.get(value) : undefined
}
