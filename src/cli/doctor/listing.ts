/** Which methods and tasks a module defines: the doctor's first question to a worker. */
import { fileURLToPath } from 'node:url'
import { memberText, type MethodKey, type ModuleRef } from '../../registry/keys'
import { allRegistrations, classNameOf, type Registration } from '../../registry/registrations'
import { after, clearAfter } from '../../utils/after'
import { ownFolders } from '../../utils/location'
import { summary } from '../../utils/text'
import { loadModule, whenUsable, type ModuleLoad } from '../../worker/modules'
import { findOwner } from '../../worker/resolving/find-owner'

export interface ListedMethod {
  readonly key: MethodKey
  /** `Reports.render`, or the name of a task. */
  readonly name: string
  /** Null for tasks and wrapped functions. */
  readonly className: string | null
}

/** How far the import of a module got. */
export interface ImportOutcome {
  /**
   * - `loaded`, `failed`: it has settled;
   * - `suspended`: its code waits for a call of its own, which does not run in a worker;
   * - `unfinished`: something else keeps it waiting, and calls use what is defined so far.
   */
  readonly state: 'loaded' | 'failed' | 'suspended' | 'unfinished'
  /** Name and message of what it threw, and where: `/app/reports.js:3:7`. */
  readonly error?: { readonly text: string; readonly at: string | null }
}

export interface Listing extends ImportOutcome {
  readonly methods: readonly ListedMethod[]
  /** Paths of other modules with decorated methods, which this one imports. */
  readonly others: readonly string[]
}

/** Imports the module, as a worker does before the first call of one of its methods. */
export async function importForCheck(ref: ModuleRef): Promise<ModuleLoad> {
  const load = loadModule(ref, 'the doctor')
  await whenUsable(load, () => registrationsOf(ref).length > 0)
  return load
}

/**
 * Imports the module as the program does. Its calls run, and may take long; what it defines below them counts, too. So this
 * waits until the import has settled, or for `ms`.
 */
export async function importAsProgram(ref: ModuleRef, ms: number): Promise<ModuleLoad> {
  const load = loadModule(ref, 'the doctor')
  await new Promise<void>((resolve) => {
    const timer = after(ms, resolve)
    void whenUsable(load, () => false).then(() => {
      clearAfter(timer)
      resolve()
    })
  })
  return await importForCheck(ref)
}

export function outcomeOf({ state, suspended, error }: ModuleLoad): ImportOutcome {
  if (state === 'failed') return { state, error: { text: summary(error), at: placeOf(error) } }
  if (state === 'loading') return { state: suspended ? 'suspended' : 'unfinished' }
  return { state }
}

export function listingOf(ref: ModuleRef, load: ModuleLoad): Listing {
  return {
    ...outcomeOf(load),
    methods: registrationsOf(ref).map((registration) => listed(registration, load.exports)),
    others: otherModules(ref),
  }
}

function registrationsOf(ref: ModuleRef): Registration[] {
  return allRegistrations().filter(({ key }) => isSameModule(key.module.url, ref.url))
}

/** A call knows the class from its `this`; here it has to be searched for. */
function listed(registration: Registration, exports: unknown): ListedMethod {
  const { key } = registration
  if (key.holder === 'function') {
    const name = key.member === '' ? exportOf(registration.wrapper, exports) : undefined
    return { key: { ...key }, name: name ?? memberText(key.member), className: null }
  }
  const owner = registration.owner ?? findOwner(registration, exports, '')
  const className = owner === undefined ? '' : classNameOf(owner)
  const shown = className === '' ? '(anonymous class)' : className
  return { key: { ...key, className }, name: `${shown}.${memberText(key.member)}`, className }
}

/** The name under which a function without a name is exported: `add = task((a, b) => a + b)`. */
function exportOf(wrapper: Function, exports: unknown): string | undefined {
  if (typeof exports !== 'object' || exports === null) return undefined
  return Object.keys(exports).find((name) => readExport(exports, name) === wrapper)
}

/** Exports may be getters that load what they export. */
function readExport(exports: object, name: string): unknown {
  try {
    return Reflect.get(exports, name)
  } catch {
    return undefined
  }
}

/** Modules of packages are the concern of these packages. */
function otherModules(ref: ModuleRef): string[] {
  const urls = new Set(allRegistrations().map(({ key }) => withoutSearch(key.module.url)))
  return [...urls]
    .filter((url) => url.startsWith('file:') && !isSameModule(url, ref.url))
    .map((url) => fileURLToPath(url))
    .filter((path) => !ownFolders.some((folder) => path.startsWith(folder)) && !/[\\/]node_modules[\\/]/.test(path))
}

const isSameModule = (url: string, other: string): boolean => withoutSearch(url) === withoutSearch(other)

/** Loaders add to the URLs of their modules. */
const withoutSearch = (url: string): string => url.replace(/[?#].*$/s, '')

/** The first position in the stack that is not the library's. The stack of a `SyntaxError` begins with it. */
function placeOf(thrown: unknown): string | null {
  const stack: unknown = (thrown as { stack?: unknown } | null | undefined)?.stack
  if (typeof stack !== 'string') return null
  const positions = stack.matchAll(/(?:^|[\s(])((?:file:\/\/)?(?:\/|[a-z]:[\\/])[^\s()]+?:\d+(?::\d+)?)(?=\)|\s|$)/gim)
  const places = [...positions].map(([, position = '']) => position.replace(/^file:\/\//, ''))
  return places.find((place) => !ownFolders.some((folder) => place.startsWith(folder))) ?? null
}
