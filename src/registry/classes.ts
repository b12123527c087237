/** Names the classes that codecs create again on the other side: those with `@serializable`. */
import { callingModule } from './calling-module'
import type { ModuleRef } from './keys'
import { definitionPosition } from './definition-position'
import { shared } from './shared'

const defined = shared('classes', () => new Set<string>())
const collected = new FinalizationRegistry<string>((id) => defined.delete(id))

export interface ClassName {
  /** The same on both sides: `<format>:<url>#<name>#<position>`. */
  readonly id: string
  /** False if the class is defined in a function, which may define one per call. */
  readonly topLevel: boolean
}

export function registerClass(cls: Function, below: Function): ClassName {
  const named = registerDefinition(cls.name, below)
  if (!named.topLevel) collected.register(cls, named.id)
  return named
}

/**
 * Names something that a module defines by a call, so that a worker can import the module for it.
 *
 * @param below the function that the module calls
 */
export function registerDefinition(name: string, below: Function): ClassName {
  const { module, callPath, topLevel } = callingModule(below)
  const { ordinal, sequence } = definitionPosition(`${module.url}\nclass\n${name}`, callPath)
  const id = `${module.format}:${module.url}#${name}#${ordinal}${sequence === 0 ? '' : `.${sequence}`}`
  defined.add(id)
  return { id, topLevel }
}

/** Whether this thread has defined the class with this id. */
export function isClassDefined(id: string): boolean {
  return defined.has(id)
}

/** The module that a worker imports for the class with this id. */
export function classModule(id: string): ModuleRef {
  const [, format, url] = /^(esm|cjs):(.*)#[^#]*#[\d.]+$/s.exec(id) ?? []
  if (format === undefined || url === undefined)
    throw new TypeError(`Expected the id of a class, got ${JSON.stringify(id)} (string)`)
  return { format: format as ModuleRef['format'], url }
}
