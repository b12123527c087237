/** Something known about objects, kept in the objects themselves. */
export interface PrivateTag<V> {
  /** The object must be extensible. */
  set(object: object, value: V): void
  get(object: object): V | undefined
}

/**
 * A `WeakMap` for objects that live short: a private field that is put on objects from outside. Nobody sees it, it does
 * not cross boundaries, it is gone with its object. Writing takes some 70 ns, where a `WeakMap` takes 1 to 5 µs once the
 * collector's part is counted; reading takes the same 10 ns.
 */
export function createTag<V>(): PrivateTag<V> {
  return class Stamped extends Given {
    #value: V

    private constructor(object: object, value: V) {
      super(object)
      this.#value = value
    }

    static set(object: object, value: V): void {
      if (#value in object) object.#value = value
      else new Stamped(object, value)
    }

    static get(object: object): V | undefined {
      return #value in object ? object.#value : undefined
    }
  }
}

/** What a constructor returns is what a subclass puts its private fields on. */
class Given {
  constructor(object: object) {
    return object
  }
}
