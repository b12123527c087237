/**
 * Replaces a method by a wrapper, under both decorator dialects. This file is the only one that knows them apart:
 *
 * | | stage 3 | legacy (`experimentalDecorators`) |
 * | --- | --- | --- |
 * | called with | the method, a context object | the prototype or class, the key, the property's descriptor |
 * | the wrapper goes | into the return value | into `descriptor.value`, for `applyDecorators` ignores what is returned |
 * | prototype or class | found when the first instance is made | the first argument |
 */
import { isWrapperOf } from '../registry/wrappers'
import { copyOwn } from './copy-own'
import { ensureMethod, refuse } from './refusals'

/** The method that is decorated. */
export interface DecoratedMember {
  readonly name: PropertyKey
  readonly holder: 'instance' | 'static'
  readonly original: Function
  /** The prototype, or the class of a static method; undefined where the dialect does not tell. */
  readonly owner: object | undefined
}

/** What one decorator does with a method. */
export interface MethodDecorator {
  /** For error texts: `@thread`. */
  readonly name: string
  /** Nobody has to find the method by its name: it may be `#private`. */
  readonly takesPrivate?: boolean
  /** Makes the wrapper; the original's name, length, properties and metadata are put on it afterwards. */
  wrap(member: DecoratedMember): Function
  /** Stage 3: the prototype, or class, that holds the method. Called again with every new instance until it says true. */
  found?(owner: object): boolean
  /** Stage 3: a new instance, at the start of its construction; the class itself for a static method. */
  constructed?(target: object): void
}

interface Stage3Context {
  readonly kind: string
  readonly name: string | symbol
  readonly static: boolean
  readonly private: boolean
  addInitializer(initializer: (this: object) => void): void
}

/** Tells the call of a decorator (`@thread`) from that of its factory (`@thread({ … })`) or of the function wrapper. */
export function isDecoration(args: readonly unknown[]): boolean {
  return args.length >= 2 && (isStage3(args) || isPropertyKey(args[1]))
}

/** @throws {TypeError} where what is decorated is no method that a worker could find by name */
export function decorateMethod(args: readonly unknown[], decorator: MethodDecorator): unknown {
  return isStage3(args)
    ? decorateStage3(args[0] as Function, args[1] as Stage3Context, decorator)
    : decorateLegacy(args as [object, PropertyKey, unknown], decorator)
}

function decorateStage3(original: Function, context: Stage3Context, decorator: MethodDecorator): Function {
  const { kind, name } = context
  if (kind !== 'method') refuse(decorator.name, kind, name)
  if (context.private && !decorator.takesPrivate) refuse(decorator.name, 'private', name)
  const member: DecoratedMember = { name, holder: context.static ? 'static' : 'instance', original, owner: undefined }
  const wrapper = wrapMember(member, decorator)
  if (decorator.constructed) {
    context.addInitializer(function () {
      decorator.constructed?.(this)
    })
  }
  if (decorator.found) {
    let settled = false
    context.addInitializer(function () {
      if (settled) return
      const owner = context.static ? this : ownerIn(this, name, wrapper)
      if (owner) settled = decorator.found?.(owner) ?? true
    })
  }
  return wrapper
}

function decorateLegacy([target, name, given]: [object, PropertyKey, unknown], decorator: MethodDecorator): unknown {
  if (typeof given === 'number') refuse(decorator.name, 'parameter', name)
  const descriptor = descriptorOf(target, name, given)
  if (!descriptor) return refuse(decorator.name, 'field', name)
  if (descriptor.get ?? descriptor.set) refuse(decorator.name, descriptor.get ? 'getter' : 'setter', name)
  if (typeof descriptor.value !== 'function') refuse(decorator.name, 'field', name)
  const holder = typeof target === 'function' ? 'static' : 'instance'
  const member: DecoratedMember = { name, holder, original: descriptor.value as Function, owner: target }
  descriptor.value = wrapMember(member, decorator)
  return descriptor
}

function wrapMember(member: DecoratedMember, decorator: MethodDecorator): Function {
  ensureMethod(decorator.name, member.original, member.name)
  const wrapper = decorator.wrap(member)
  copyOwn(member.original, wrapper)
  return wrapper
}

/** Some compilers (jiti) hand over an empty descriptor, or none. */
function descriptorOf(target: object, name: PropertyKey, given: unknown): PropertyDescriptor | undefined {
  const descriptor = given as PropertyDescriptor | null | undefined
  return descriptor?.value || descriptor?.get || descriptor?.set
    ? descriptor
    : Object.getOwnPropertyDescriptor(target, name)
}

/**
 * The prototype of `instance` that holds the wrapper. Where another decorator has put its own function over it, the only
 * prototype with a method of that name; with several there is no telling.
 */
function ownerIn(instance: object, name: PropertyKey, wrapper: Function): object | undefined {
  const holders: object[] = []
  for (let object = prototypeOf(instance); object; object = prototypeOf(object)) {
    const descriptor = Object.getOwnPropertyDescriptor(object, name)
    if (isWrapperOf(descriptor?.value, wrapper)) return object
    if (descriptor) holders.push(object)
  }
  return holders.length === 1 ? holders[0] : undefined
}

function prototypeOf(object: object): object | null {
  return Object.getPrototypeOf(object) as object | null
}

function isStage3(args: readonly unknown[]): boolean {
  const context = args[1] as Partial<Stage3Context> | null | undefined
  return (
    typeof context === 'object' && typeof context?.kind === 'string' && typeof context.addInitializer === 'function'
  )
}

function isPropertyKey(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'symbol' || typeof value === 'number'
}
