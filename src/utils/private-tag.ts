/** Values that are attached to objects. */
export interface PrivateTag<V> {
  /** The object must be extensible. */
  set(object: object, value: V): void
  get(object: object): V | undefined
}

/**
 * A replacement of `WeakMap` for short-lived objects: it adds a private field to them. The field is invisible, is not
 * sent to workers, and is collected with its object. Writing takes 70 ns; a `WeakMap` takes 1 to 5 µs, including the
 * work of the garbage collector. Reading takes 10 ns in both.
 */
export function createTag<V>(): PrivateTag<V> {
  return class Tagged extends Given {
    #value: V

    private constructor(object: object, value: V) {
      super(object)
      this.#value = value
    }

    static set(object: object, value: V): void {
      if (#value in object) object.#value = value
      else new Tagged(object, value)
    }

    static get(object: object): V | undefined {
      return #value in object ? object.#value : undefined
    }
  }
}

/**
 * Returns the given object from its constructor: a subclass adds its private fields to what the constructor returns.
 */
class Given {
  constructor(object: object) {
    return object
  }
}
