import { registerClass } from '../registry/classes'
import { show } from '../utils/options'
import { registerSerializable } from '../wire/serializable'

type Class = abstract new (...args: any[]) => object // any: the parameters of any constructor

/**
 * Lets values and errors of a class keep their class when they are sent to a worker and back. Their own fields are
 * sent; or, if the class has `[serialize]()` and `static [deserialize]()`, what the first returns and the second takes.
 * Subclasses need the decorator, too.
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
  // Another decorator may replace this class by one of its own, which is then the class of all instances.
  context?.addInitializer?.(function (this: unknown) {
    if (this !== cls) registerSerializable(id, this as Function, topLevel)
  })
}
