type Disposer = (this: object, ...args: unknown[]) => unknown

const hooked = new WeakSet<object>()

/**
 * Has `release` called with each instance that is disposed: the prototype's `[Symbol.dispose]` and
 * `[Symbol.asyncDispose]` do it first. A class that has neither is given the former, so that `using` works on it; a
 * frozen one stays as it is, and `sighandlers` is the way.
 */
export function releaseOnDispose(prototype: object, release: (instance: object) => void): void {
  if (hooked.has(prototype)) return
  hooked.add(prototype)
  const own = prototype as Record<symbol, Disposer | undefined>
  for (const key of [Symbol.dispose, Symbol.asyncDispose]) {
    const original = own[key]
    if (!original && (key === Symbol.asyncDispose || own[Symbol.asyncDispose])) continue
    const value: Disposer = function (...args) {
      release(this)
      return original?.apply(this, args)
    }
    Reflect.defineProperty(prototype, key, { value, configurable: true, writable: true })
  }
}
