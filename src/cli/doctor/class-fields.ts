/**
 * Which fields of a class do not cross. If an instance can be made without arguments, it is packed as a call packs it.
 * If not, the text of the class and its metadata tell a part; the rest is reported as unchecked.
 */
import { dispatchedMethod } from '../../dispatch/call'
import { packSelf } from '../../pools/payload'
import { SCHEDULED } from '../../pools/schedulable'
import type { MethodKey } from '../../registry/keys'
import { classNameOf, registrationsOfOwner, type Registration } from '../../registry/registrations'
import { prototypeChain } from '../../utils/objects'
import { summary } from '../../utils/text'
import { hooksOf, serializableId } from '../../wire/serializable'
import { readClass, type ClassText } from './class-text'
import type { FieldFinding, Kind } from './report'

/** What the fields of classes are checked with. */
export interface ClassCheck {
  readonly kind: Kind
  /** Whether instances may be made, which runs constructors of the user. */
  readonly construct: boolean
}

export interface ClassFinding {
  /** The same in each kind of worker, and different for two classes of one name: by the first method that led to it. */
  readonly id: string
  readonly name: string
  readonly instance: boolean
  readonly fields: readonly FieldFinding[]
  readonly unchecked: readonly string[]
  /** The class has one of `[serialize]` and `static [deserialize]`, and this one is missing: calls fail. */
  readonly missingHook: string | null
}

/** Types of metadata whose values cross, or of which the type alone tells nothing. */
const PLAIN_TYPES: ReadonlySet<unknown> = new Set([
  ...[String, Number, Boolean, BigInt, Date, RegExp, Object, Array, Map, Set, URL, Buffer, ArrayBuffer, undefined],
])

export function inspectClass(key: MethodKey, prototype: object, check: ClassCheck): ClassFinding {
  const cls = prototype.constructor
  const name = classNameOf(prototype)
  const id = [key.holder, key.member, key.position, key.sequence].join('\n')
  const hooks = hooksOf(cls)
  const missingHook = typeof hooks === 'string' ? hooks : null
  // What `[serialize]` returns is the state. Fields are not packed.
  if (hooks !== undefined) return { id, name, instance: false, fields: [], unchecked: [], missingHook }
  const texts = [...prototypeChain(prototype)].map((object) => readClass(object.constructor))
  const hidden = texts.flatMap(({ privateFields }) => privateFields.map((field) => hiddenField(field)))
  const instance = makeInstance(cls, texts, check)
  const found = 'why' in instance ? fieldsByText(cls, texts, instance.why) : packedFields(key, instance.made, check)
  return {
    id,
    name,
    instance: 'made' in instance,
    missingHook,
    fields: [...found.fields, ...hidden],
    unchecked: found.unchecked,
  }
}

type MadeInstance = { readonly made: object } | { readonly why: string }

function makeInstance(cls: Function, texts: readonly ClassText[], { construct }: ClassCheck): MadeInstance {
  const parameters = parametersOf(cls, texts)
  if (!construct) return { why: 'no instance was made' }
  if (parameters.length > 0)
    return { why: `no instance was made: the constructor has parameters (${parameters.join(', ')})` }
  try {
    return { made: Reflect.construct(cls, []) as object }
  } catch (error) {
    return { why: `no instance was made: \`new ${cls.name}()\` threw ${summary(error)}` }
  }
}

/** Those of the nearest constructor that is written: a class without one passes its arguments on. */
function parametersOf(cls: Function, texts: readonly ClassText[]): readonly string[] {
  const written = texts.find(({ parameters }) => parameters !== null)?.parameters
  return written ?? Array.from({ length: cls.length }, (_, index) => `argument ${index + 1}`)
}

type Fields = Pick<ClassFinding, 'fields' | 'unchecked'>

function packedFields({ member }: MethodKey, self: object, { kind }: ClassCheck): Fields {
  const owner = Object.getPrototypeOf(self) as object
  const registration = registrationsOfOwner(owner).find(({ key }) => key.member === member)
  if (registration === undefined)
    return { fields: [], unchecked: ['its fields: the constructor returns another object'] }
  try {
    return { fields: absentIn(registration, self, kind), unchecked: [] }
  } catch (error) {
    return { fields: [], unchecked: [`its fields: packing an instance failed: ${summary(error)}`] }
  }
}

function absentIn(registration: Registration, self: object, kind: ClassCheck['kind']): FieldFinding[] {
  const method = dispatchedMethod(registration, self)
  const { absent = [] } = packSelf({ method, registration, self, options: SCHEDULED, kind, elementIndex: undefined })
  // A body gets a logger of its own for one that cannot be sent.
  return absent.flatMap(([name, holds, logger]) =>
    logger === undefined ? [{ name, holds, source: 'instance' as const }] : [],
  )
}

function fieldsByText(cls: Function, texts: readonly ClassText[], why: string): Fields {
  const functions = texts.flatMap(({ functionFields }) => functionFields.map((name) => byText(name, 'a function')))
  const stored = texts.find(({ parameters }) => parameters !== null)?.stored ?? []
  const types = metadataOf(cls)
  const names = texts.find(({ parameters }) => parameters !== null)?.parameters ?? []
  const unknown: string[] = []
  const injected = stored.flatMap(([field, parameter]) => {
    const type = types?.[names.indexOf(parameter)]
    if (type === Function) return [byText(field, 'a function')]
    if (typeof type !== 'function' || PLAIN_TYPES.has(type)) {
      unknown.push(field)
      return []
    }
    return crossesByItself(type) ? [] : [byText(field, `an instance of ${type.name}`)]
  })
  const unchecked =
    unknown.length === 0 ? [why] : [why, `what the constructor stores in ${unknown.map(quoted).join(', ')}`]
  return { fields: [...injected, ...functions], unchecked }
}

/** The types of the constructor's parameters, which `emitDecoratorMetadata` writes. */
function metadataOf(cls: Function): unknown[] | undefined {
  const { getMetadata } = Reflect as { getMetadata?: (key: string, target: object) => unknown }
  const types = getMetadata?.('design:paramtypes', cls)
  return Array.isArray(types) ? types : undefined
}

/** A `@serializable` class crosses; for a logger of Nest a body gets one of its own. */
function crossesByItself(type: Function): boolean {
  return serializableId(type) !== undefined || type.name === 'Logger'
}

function hiddenField(name: string): FieldFinding {
  return byText(`#${name}`, 'a private field, which cannot be read from outside the class')
}

const byText = (name: string, holds: string): FieldFinding => ({ name, holds, source: 'text' })

const quoted = (name: string): string => `\`${name}\``
