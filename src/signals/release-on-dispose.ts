type Disposer = (this: object, ...args: unknown[]) => unknown

const hooked = new WeakSet<object>()

/**
 * Calls `release` with each instance that is disposed, before the `[Symbol.dispose]` or `[Symbol.asyncDispose]` of the
 * prototype runs. A class that has neither gets a `[Symbol.dispose]`, so that `using` works with it. A frozen prototype is
 * not changed; its users call `sighandlers()`.
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
