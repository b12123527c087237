import { registerClass } from '../registry/classes'
import { show } from '../utils/options'
import { registerSerializable } from '../wire/serializable'

type Class = abstract new (...args: any[]) => object // any: whatever the constructor takes

/**
 * Lets values and errors of a class keep their class across the boundary: their own fields cross, or what the class's
 * `[serialize]()` returns and its `static [deserialize]()` takes. Subclasses are marked for themselves.
 *
 * @throws {TypeError} for anything but a class
 * @example
 * @serializable
 * class Money { … }
 */
export function serializable(cls: Class, context?: ClassDecoratorContext): void {
  const isClass =
    typeof cls === 'function' && (context?.kind ?? 'class') === 'class' && typeof cls.prototype === 'object'
  if (!isClass) throw new TypeError(`Expected @serializable to be put on a class, got ${show(cls)}`)
  const { id, topLevel } = registerClass(cls, serializable)
  registerSerializable(id, cls, topLevel)
  // Another decorator may put a class of its own in the place of this one: that is the one instances have then.
  context?.addInitializer?.(function (this: unknown) {
    if (this !== cls) registerSerializable(id, this as Function, topLevel)
  })
}
