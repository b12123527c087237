/** Finds the body, in this worker, that a method key of the parent names. */
import { NotFoundError } from '../errors'
import { labelOf, type ClassRef, type MethodKey } from '../registry/keys'
import { classModule, isClassDefined } from '../registry/classes'
import type { Registration } from '../registry/registrations'
import { classNameOf, registrationsNamed } from '../registry/registrations'
import { rememberTask, taskKeyOf } from '../registry/task-refs'
import { localName } from '../utils/portable-names'
import { textsAreComparable } from './loading/prepare'
import type { ModuleLoad } from './modules'
import { isMainModule, loadModule, suspendedClasses, whenUsable } from './modules'
import { exportedFunctions } from './resolving/exports'
import { findClass, findModuleClass } from './resolving/find-class'
import { findOwner } from './resolving/find-owner'
import { matchRegistration, sameClassName } from './resolving/match'
import * as texts from './resolving/texts'

export interface Resolved {
  readonly body: Function
  /** The prototype of `this`; null for functions. */
  readonly prototype: object | null
  /** The class itself, for statics. */
  readonly target: object | null
}

/** The class whose instance is the `this` of the body. */
export const classOf = ({ prototype, target }: Resolved): Function => (target ?? prototype?.constructor) as Function

const resolved = new Map<string, Resolved>()

/**
 * Resolves a method key. Synchronous once the method is known.
 *
 * @throws NotFoundError (rejects with it) if the module cannot be imported, or does not define the method in this worker.
 * Its `cause` is what the import threw.
 */
export function resolveMethod(key: MethodKey, cls: ClassRef | null): Resolved | Promise<Resolved> {
  const id = idOf(key, cls)
  return resolved.get(id) ?? find(key, cls, id)
}

/** Imports the module of a `@serializable` class, or of a task that is a value, so that its codec is defined. */
export async function resolveClass(name: string): Promise<void> {
  const id = localName(name)
  const task = taskKeyOf(id)
  if (task) return rememberTask(task, (await findRegistration(task)).wrapper)
  if (isClassDefined(id)) return
  const load = loadModule(classModule(id), `the class of ${id}`)
  await whenUsable(load, () => isClassDefined(id))
  if (load.state === 'failed') throw new NotFoundError(texts.classImportFailed(id, load.error), { cause: load.error })
}

/** Imports the module of a class that has no decorated methods, and finds the class by its name. */
export async function resolveClassRef(ref: ClassRef): Promise<Function> {
  const load = loadModule(ref.module, texts.classText(ref))
  const found = await whenFound(load, () => findModuleClass(ref, [...exportedFunctions(load.exports)]))
  if (found !== null) return found as Function
  if (load.state === 'failed') throw new NotFoundError(texts.classNotImported(ref, load.error), { cause: load.error })
  throw new NotFoundError(texts.classNotFound(ref))
}

async function find(key: MethodKey, cls: ClassRef | null, id: string): Promise<Resolved> {
  const registration = await findRegistration(key)
  const found = key.holder === 'function' ? functionOf(registration) : await methodOf(key, cls, registration)
  resolved.set(id, found)
  return found
}

async function findRegistration(key: MethodKey): Promise<Registration> {
  const load = loadModule(key.module, labelOf(key))
  const match = (): Registration | null => matchRegistration(key, registrationsNamed(key), textsAreComparable())
  await whenUsable(load, () => match() !== null)
  if (load.state === 'failed') throw new NotFoundError(texts.importFailed(key, load.error), { cause: load.error })
  const registration = match()
  if (registration !== null) return registration
  const context = {
    others: registrationsNamed(key).length,
    loading: load.state === 'loading',
    suspended: load.suspended,
    main: isMainModule(key.module),
  }
  throw new NotFoundError(texts.notDefined(key, context))
}

function functionOf({ original }: Registration): Resolved {
  return { body: original, prototype: null, target: null }
}

async function methodOf(key: MethodKey, cls: ClassRef | null, registration: Registration): Promise<Resolved> {
  const base = ownerOf(key, registration)
  const owner = cls === null ? base : await ownerOfClass(key, cls, base)
  const isStatic = key.holder === 'static'
  return { body: registration.original, prototype: isStatic ? null : owner, target: isStatic ? owner : null }
}

function ownerOf(key: MethodKey, registration: Registration): object {
  const owner =
    registration.owner ?? findOwner(registration, loadModule(key.module, labelOf(key)).exports, key.className)
  if (owner === undefined) throw new NotFoundError(texts.notExported(key))
  const name = classNameOf(owner)
  if (!sameClassName(key.className, name)) throw new NotFoundError(texts.otherClass(key, name))
  return owner
}

async function ownerOfClass(key: MethodKey, ref: ClassRef, base: object): Promise<object> {
  const load = loadModule(ref.module, labelOf(key))
  const search = (): object | null =>
    ownerVia(ref, key) ?? findClass(ref, base, [...exportedFunctions(load.exports), ...suspendedClasses()])
  const owner = await whenFound(load, search)
  if (owner !== null) return owner
  if (load.state === 'failed')
    throw new NotFoundError(texts.subclassImportFailed(key, ref, load.error), { cause: load.error })
  throw new NotFoundError(texts.noSubclass(key, ref))
}

async function whenFound(load: ModuleLoad, search: () => object | null): Promise<object | null> {
  let found: object | null = null
  await whenUsable(load, () => (found ??= search()) !== null)
  return found ?? (load.state === 'failed' ? null : search())
}

/** The class that `ref` names, found by its decorated method (`via`). */
function ownerVia(ref: ClassRef, key: MethodKey): object | null {
  if (ref.via === undefined) return null
  const registration = matchRegistration(ref.via, registrationsNamed(ref.via), textsAreComparable())
  if (registration === null) return null
  const owner =
    registration.owner ?? findOwner(registration, loadModule(ref.module, labelOf(key)).exports, ref.via.className)
  if (owner === undefined || ref.via.holder === (ref.static ? 'static' : 'instance')) return owner ?? null
  return ref.static ? (owner as { constructor: object }).constructor : ((owner as Function).prototype as object)
}

/** Identifies what a key and a class resolve to in this worker. */
function idOf(key: MethodKey, cls: ClassRef | null): string {
  const { module, holder, member, ordinal, sequence, hash, position, className, byName } = key
  const method = [module.url, holder, member, ordinal, sequence, hash, position, className, byName].join('\n')
  return cls === null
    ? method
    : [method, cls.module.url, cls.name, cls.position, cls.via?.ordinal, cls.via?.sequence, cls.via?.hash].join('\n')
}
