/**
 * The names of modules, methods and classes that are sent between parent and worker: plain data, the same on both
 * sides.
 */
import { basename } from 'node:path'

/** A module, and the way it is loaded. */
export interface ModuleRef {
  /** A `file:` or `data:` URL. */
  readonly url: string
  /** `esm`: by `import()`; `cjs`: by `require()`. */
  readonly format: 'esm' | 'cjs'
}

/**
 * Names a method. A stage-3 decorator does not know the name of the class, so the key has the position of the method
 * among those of the same name in its module, and a hash of its text.
 */
export interface MethodKey {
  readonly module: ModuleRef
  readonly holder: 'instance' | 'static' | 'function'
  /** The encoded property key; for a wrapped function its name, or '' if it has none. */
  readonly member: string
  /** The number of its position in the module, among those that define this name: see `DefinitionPosition`. */
  readonly ordinal: number
  /** The number of the definition among those at this position: see `DefinitionPosition`. */
  readonly sequence: number
  /** A hash of the text of the function. */
  readonly hash: string
  /** `line:column` in the body of the module; the same in the worker if both sides run the same compiled text. */
  readonly position: string
  /** The name of the class; '' if it is not known. */
  readonly className: string
  /** Whether it was defined while the module was loading, and not by a function that was called later. */
  readonly topLevel: boolean
  /**
   * Set if the caller is on another machine, whose code may be older or newer: the worker finds the method by its name.
   * `same`: only if its text is the same, too.
   */
  readonly byName?: 'any' | 'same'
}

/** Names the class of an instance, or the `this` of a static call: a subclass of a class with decorated methods. */
export interface ClassRef {
  readonly module: ModuleRef
  readonly name: string
  readonly static: boolean
  /**
   * `line:column` in the file, if the module does not export the class: a bundle may contain several classes of one
   * name. The same in the worker if both sides run the same compiled text.
   */
  readonly position?: string
  /** The key of a decorated method of this class itself, if it has one. A worker finds the class by it: a name may be used twice. */
  readonly via?: MethodKey
}

/** Strings are not changed. Registered, well-known and local symbols each get a prefix. */
export function encodeMember(name: PropertyKey): string {
  if (typeof name !== 'symbol') return String(name).startsWith('@') ? `@string:${String(name)}` : String(name)
  const registered = Symbol.keyFor(name)
  if (registered !== undefined) return `@for:${registered}`
  const description = name.description ?? ''
  return isWellKnown(name, description) ? `@known:${description}` : `@local:${description}`
}

/** For messages: `render`, `[Symbol.iterator]`. */
export function memberText(member: string): string {
  const [, prefix, rest = ''] = /^@(string|for|known|local):(.*)$/s.exec(member) ?? []
  if (prefix === undefined) return member === '' ? '(anonymous)' : member
  if (prefix === 'string') return rest
  return prefix === 'known' ? `[${rest}]` : `[Symbol(${rest})]`
}

/** For messages: `` `render` of pdf.ts ``. */
export function labelOf(key: Pick<MethodKey, 'module' | 'member' | 'className'>): string {
  const text = memberText(key.member)
  return `\`${key.className === '' ? text : `${key.className}.${text}`}\` of ${fileText(key.module.url)}`
}

/** The name of the file, for messages. */
export function fileText(url: string): string {
  if (!url.startsWith('file:')) return `${url.slice(0, 40)}${url.length > 40 ? '…' : ''}`
  return basename(decodeURIComponent(new URL(url).pathname))
}

function isWellKnown(name: symbol, description: string): boolean {
  return description.startsWith('Symbol.') && Reflect.get(Symbol, description.slice('Symbol.'.length)) === name
}
