/** Which files a worker machine may import: those below its own root folder that the option `allow` names. */
import { realpathSync } from 'node:fs'
import { dirname, isAbsolute, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { classModule } from '../registry/classes'
import type { ClassRef, MethodKey } from '../registry/keys'
import { taskKeyOf } from '../registry/task-refs'
import { localName } from '../utils/portable-names'
import type { CallExtra } from '../wire/call-batch'

export class AllowedModules {
  readonly #root: string
  /** Absolute paths of files and folders. */
  readonly #allowed: readonly string[]
  readonly #known = new Map<string, boolean>()

  /**
   * @param root the URL of the root folder
   * @param modules files that are allowed, with their folders unless `allow` is given
   * @param allow files and folders, relative to the root
   */
  constructor(root: string, modules: ReadonlyArray<string | URL>, allow: readonly string[] | undefined) {
    this.#root = fileURLToPath(root)
    const files = modules.map((module) => this.#absolute(module))
    const more = allow?.map((path) => this.#absolute(path)) ?? files.map((file) => dirname(file))
    this.#allowed = [...files, ...more].map((path) => realpathSync(path))
  }

  /** The first name of a call that this machine must not import; `undefined` if there is none. */
  refused(key: MethodKey, cls: ClassRef | null, extra: CallExtra | undefined): string | undefined {
    const urls = [
      key.module.url,
      cls?.module.url,
      cls?.via?.module.url,
      ...(extra?.classes ?? []).map(importedBy),
      ...urlsIn(extra?.fields),
      ...urlsIn(extra?.absent),
      ...(extra?.stores ?? []).flatMap(([id]) => urlsIn(id)),
    ]
    return urls.find((url) => url !== undefined && !this.#isAllowed(url))
  }

  #absolute(path: string | URL): string {
    const text = typeof path === 'string' && !path.startsWith('file:') ? path : fileURLToPath(path)
    return isAbsolute(text) ? text : resolve(this.#root, text)
  }

  #isAllowed(url: string): boolean {
    let allowed = this.#known.get(url)
    if (allowed === undefined) this.#known.set(url, (allowed = this.#check(url)))
    return allowed
  }

  #check(url: string): boolean {
    if (!url.startsWith('file:') || /[?#]/.test(url)) return false
    try {
      const file = realpathSync(fileURLToPath(url))
      return isInside(file, this.#root) && this.#allowed.some((allowed) => file === allowed || isInside(file, allowed))
    } catch {
      return false // there is no such file
    }
  }
}

function isInside(file: string, folder: string): boolean {
  return file.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}

/**
 * The module that a worker imports for the id of a class or of a task. The worker's own parsers read the id, so that no id
 * has one meaning here and another one there. An id that they cannot read is no allowed URL.
 */
function importedBy(name: string): string {
  const id = localName(name)
  try {
    return String((taskKeyOf(id)?.module ?? classModule(id)).url)
  } catch {
    return id
  }
}

/** The URLs in data that may name modules: whatever a `url` holds, and all that looks like a URL in other texts. */
function urlsIn(value: unknown): string[] {
  if (typeof value === 'string')
    return [...value.matchAll(/(?:file|data|node|https?|blob):[^"#]*/gi)].map(([url]) => url)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, each]) => (name === 'url' ? [String(each)] : urlsIn(each)))
}
