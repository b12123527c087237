/** What names a module, a method and a class to a worker: plain data, the same text on both sides of the boundary. */
import { basename } from 'node:path'

/** A module, and how it is loaded: `import()` or `require()`. */
export interface ModuleRef {
  /** A `file:` URL, or a `data:` one. */
  readonly url: string
  readonly format: 'esm' | 'cjs'
}

/**
 * Names a method without the name of its class, which a stage-3 decorator never sees: where it stands among the
 * methods of that name in its module, and a hash of its text.
 */
export interface MethodKey {
  readonly module: ModuleRef
  readonly holder: 'instance' | 'static' | 'function'
  /** The encoded property key; the name of a wrapped function, '' where it has none. */
  readonly member: string
  /** Which of the places in the module that define a member of this name. */
  readonly ordinal: number
  /** Which of the definitions at that place: factories, mixins and loops define several. */
  readonly sequence: number
  /** Of the text of the function. */
  readonly hash: string
  /** `line:column` of the module's statement; the same in the worker where both sides run the same compiled text. */
  readonly position: string
  /** '' where not known. */
  readonly className: string
  /** False: defined in a function that was called after the module had loaded. */
  readonly topLevel: boolean
}

/** A class that is found from an instance, or as the `this` of a static call: the subclass of one with decorated methods. */
export interface ClassRef {
  readonly module: ModuleRef
  readonly name: string
  readonly static: boolean
  /** A decorated method of that very class, where it has one: surer than the name. */
  readonly via?: MethodKey
}

/** Strings stand for themselves; a symbol of the registry, a well-known one and a local one each have their mark. */
export function encodeMember(name: PropertyKey): string {
  if (typeof name !== 'symbol') return String(name).startsWith('@') ? `@string:${String(name)}` : String(name)
  const registered = Symbol.keyFor(name)
  if (registered !== undefined) return `@for:${registered}`
  const description = name.description ?? ''
  return isWellKnown(name, description) ? `@known:${description}` : `@local:${description}`
}

/** How messages call a member: `` `render` ``, `` `[Symbol.iterator]` ``. */
export function memberText(member: string): string {
  const [, mark, rest = ''] = /^@(string|for|known|local):(.*)$/s.exec(member) ?? []
  if (mark === undefined) return member === '' ? '(anonymous)' : member
  if (mark === 'string') return rest
  return mark === 'known' ? `[${rest}]` : `[Symbol(${rest})]`
}

/** For messages: `` `render` of pdf.ts ``. */
export function labelOf(key: Pick<MethodKey, 'module' | 'member' | 'className'>): string {
  const text = memberText(key.member)
  return `\`${key.className === '' ? text : `${key.className}.${text}`}\` of ${fileText(key.module.url)}`
}

/** The file's name, for messages. */
export function fileText(url: string): string {
  if (!url.startsWith('file:')) return `${url.slice(0, 40)}${url.length > 40 ? '…' : ''}`
  return basename(decodeURIComponent(new URL(url).pathname))
}

function isWellKnown(name: symbol, description: string): boolean {
  return description.startsWith('Symbol.') && Reflect.get(Symbol, description.slice('Symbol.'.length)) === name
}
