/**
 * A value that accepts every use and does nothing: `expect(x).not.toBe(y)`, `jest.fn().mockReturnValue(1)`.
 *
 * @param known properties with a value of their own
 * @param call returns the result of a call; default: another inert value
 */
export function inert(known: Readonly<Record<string, unknown>> = {}, call: () => unknown = inert): unknown {
  const target = function () {} // constructible, unlike an arrow function
  return new Proxy(target, {
    get(_target, name, receiver: unknown) {
      if (typeof name === 'string' && Object.hasOwn(known, name)) return known[name]
      if (name === 'then') return undefined // `await` must not treat it as a promise
      if (name === 'prototype') return target.prototype as unknown // the invariants of proxies require the real one
      if (name === Symbol.iterator) return () => [][Symbol.iterator]()
      return typeof name === 'symbol' ? undefined : receiver
    },
    apply: (_target, _self, _args) => call(),
    construct: () => inert() as object,
    set: () => true,
    defineProperty: () => true,
  })
}
