/** How a method is introduced to a worker, once; later calls name it by its index. Opaque to the wire: `worker/resolve` reads it. */
export interface MethodDefinition {
  readonly index: number
  /** A `MethodKey` of `registry/keys`. */
  readonly key: unknown
  /** A `ClassRef` of `registry/keys` where `this` is of a class other than the method's own. */
  readonly cls: unknown
  /** For messages. */
  readonly label: string
}
