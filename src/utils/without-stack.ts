/**
 * Makes an error whose stack is set later: none is recorded, which takes longer than the rest of a cancellation. A limit
 * of 0 would record an empty stack, and have it formatted when it is replaced.
 */
export function withoutStack<E extends Error>(make: () => E): E {
  const limit = Error.stackTraceLimit
  if (!Reflect.set(Error, 'stackTraceLimit', undefined)) return make() // `node --frozen-intrinsics`
  try {
    return make()
  } finally {
    Error.stackTraceLimit = limit
  }
}
