/**
 * A value that takes everything and does nothing: `expect(x).not.toBe(y)`, `jest.fn().mockReturnValue(1)`.
 *
 * @param call what calling it gives; default: another such value
 */
export function inert(known: Readonly<Record<string, unknown>> = {}, call: () => unknown = inert): unknown {
  const target = function () {} // constructible, unlike an arrow function
  return new Proxy(target, {
    get(_target, name, receiver: unknown) {
      if (typeof name === 'string' && Object.hasOwn(known, name)) return known[name]
      if (name === 'then') return undefined // `await` takes it for a value
      if (name === 'prototype') return target.prototype as unknown // a proxy must not lie about this one
      if (name === Symbol.iterator) return () => [][Symbol.iterator]()
      return typeof name === 'symbol' ? undefined : receiver
    },
    apply: (_target, _self, _args) => call(),
    construct: () => inert() as object,
    set: () => true,
    defineProperty: () => true,
  })
}
