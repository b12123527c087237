/**
 * Replaces a method by a wrapper, under both decorator dialects. Only this file and `method-owners.ts` distinguish them:
 *
 * | | stage 3 | legacy (`experimentalDecorators`) |
 * | --- | --- | --- |
 * | arguments | the method, a context object | the prototype or class, the key, the property descriptor |
 * | the wrapper goes into | the return value | `descriptor.value`: `applyDecorators` of Nest ignores return values |
 * | the prototype or class is | found when the first instance is created | the first argument |
 */
import { copyOwn } from './copy-own'
import { whenOwnerFound, type MemberContext } from './method-owners'
import { ensureMethod, refuse } from './refusals'

/** The method that is decorated. */
export interface DecoratedMember {
  readonly name: PropertyKey
  readonly holder: 'instance' | 'static'
  readonly original: Function
  /** The prototype, or the class of a static method; undefined with stage 3. */
  readonly owner: object | undefined
}

/** What one decorator does with a method. */
export interface MethodDecorator {
  /** For error messages: `@thread`. */
  readonly name: string
  /** Whether the method may be `#private`, because no worker has to find it by its name. */
  readonly takesPrivate?: boolean
  /** Creates the wrapper. Name, length, properties and metadata of the original are copied to it afterwards. */
  wrap(member: DecoratedMember): Function
  /** Stage 3: called with the prototype or class that holds the method, for each new instance until it returns true. */
  ownerFound?(owner: object): boolean
  /** Stage 3: called at the start of the construction of each instance; for a static method, with the class. */
  constructed?(target: object): void
}

interface Stage3Context extends MemberContext {
  readonly kind: string
  readonly private: boolean
}

/**
 * Whether the arguments are those of a decorator (`@thread`), not of a factory (`@thread({ … })`) or a function
 * wrapper.
 */
export function isDecoration(args: readonly unknown[]): boolean {
  return args.length >= 2 && (isStage3(args) || isPropertyKey(args[1]))
}

/** @throws {TypeError} for anything but a method that a worker can find by its name */
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
  if (decorator.ownerFound) whenOwnerFound(context, wrapper, (owner) => decorator.ownerFound?.(owner) ?? true)
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

/** Some compilers (jiti) pass an empty descriptor, or none. */
function descriptorOf(target: object, name: PropertyKey, given: unknown): PropertyDescriptor | undefined {
  const descriptor = given as PropertyDescriptor | null | undefined
  return descriptor?.value || descriptor?.get || descriptor?.set
    ? descriptor
    : Object.getOwnPropertyDescriptor(target, name)
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
