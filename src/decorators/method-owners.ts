/**
 * Finds the prototype or class that holds a decorated method (stage 3), when the first instance is created. A decorator
 * is not told its class, but it may add an initializer, which the compiler's code calls for each new instance.
 *
 * Each initializer makes `new` slower, so the instance methods of a class share one. `context.metadata` tells which
 * methods have the same class: compilers create one object per class, if `Symbol.metadata` exists. Node.js does not
 * define it, so this file does. Methods without metadata have an initializer each.
 */
import { isWrapperOf } from '../registry/wrappers'
import { prototypeChain } from '../utils/objects'

/** What is needed of the context of a stage 3 decorator. */
export interface MemberContext {
  readonly name: string | symbol
  readonly static: boolean
  readonly metadata?: object | undefined
  addInitializer(initializer: (this: object) => void): void
}

/** Looks for the owner of one method in a new instance, or in a class. Returns true if nothing is left to do. */
type Search = (target: object) => boolean

/** The searches that are not over, by the metadata of their classes. */
const searchesOf = new WeakMap<object, Search[]>()

// Other libraries define it in the same way. Babel and esbuild use this symbol if there is none. `Symbol` may be frozen.
if (!('metadata' in Symbol)) {
  Reflect.defineProperty(Symbol, 'metadata', {
    value: Symbol.for('Symbol.metadata'),
    configurable: true,
    writable: true,
  })
}

/**
 * Calls `found` with the prototype or class that holds `wrapper`: at the construction of each instance, or at the
 * definition of the class for a static method, until it returns true.
 */
export function whenOwnerFound(context: MemberContext, wrapper: Function, found: (owner: object) => boolean): void {
  const search: Search = (target) => {
    const owner = context.static ? target : ownerIn(target, context.name, wrapper)
    return owner !== undefined && found(owner)
  }
  const { metadata } = context
  const searches = context.static || !metadata ? undefined : searchesOf.get(metadata)
  if (searches) searches.push(search)
  else addSearch(context, search)
}

function addSearch(context: MemberContext, search: Search): void {
  const searches = [search]
  if (context.metadata && !context.static) searchesOf.set(context.metadata, searches)
  context.addInitializer(function () {
    if (searches.length > 0) searchAll(searches, this)
  })
}

function searchAll(searches: Search[], target: object): void {
  const open = searches.filter((search) => !search(target))
  searches.splice(0, searches.length, ...open)
}

/**
 * The prototype of `instance` that holds the wrapper. If another decorator has wrapped it, this is the only prototype
 * with a method of that name; undefined if there are several.
 */
function ownerIn(instance: object, name: PropertyKey, wrapper: Function): object | undefined {
  const holders: object[] = []
  for (const object of prototypeChain(Object.getPrototypeOf(instance) as object | null)) {
    const descriptor = Object.getOwnPropertyDescriptor(object, name)
    if (isWrapperOf(descriptor?.value, wrapper)) return object
    if (descriptor) holders.push(object)
  }
  return holders.length === 1 ? holders[0] : undefined
}
