/**
 * Names of modules that mean the same on every machine: their path below the root folder of the program.
 *
 *   file:///srv/app/dist/x.js          pebble-app:/dist/x.js
 *   esm:file:///srv/app/dist/x.js#A#0  esm:pebble-app:/dist/x.js#A#0
 */
import { existsSync, realpathSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { pathToFileURL } from 'node:url'

const PREFIX = 'pebble-app:/'

/** The URL of the root folder of this program, with a slash at the end. One root for the whole program. */
let root: string | undefined

/** Sets the root folder. */
export function setRoot(url: string): void {
  root = url
}

/** The URL of the root folder; `undefined` in programs that have nothing to do with other machines. */
export const rootUrl = (): string | undefined => root

/** The text with the URLs below the root replaced by portable names. */
export function portableName(text: string): string {
  return root === undefined ? text : text.replaceAll(root, PREFIX)
}

/** The reverse of {@link portableName}, for the root of this program. */
export function localName(text: string): string {
  return root !== undefined && text.includes(PREFIX) ? text.replaceAll(PREFIX, root) : text
}

/** Whether a name that was made portable still names a place of one machine. */
export const isOfOneMachine = (name: string): boolean => /(?:^|:)(?:file|data|node):/.test(name)

/** Replaces every string in plain data: in keys of methods, and in references to classes. */
export function mapStrings<T>(value: T, change: (text: string) => string): T {
  if (typeof value === 'string') return change(value) as T
  if (Array.isArray(value)) return value.map((item: unknown) => mapStrings(item, change)) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapStrings(item as unknown, change)])) as T
}

/** The folder of the nearest `package.json` at or above a folder; the folder itself if there is none. */
export function packageRoot(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, 'package.json'))) return at
    if (dirname(at) === at) return folder
  }
}

/** The URL of a folder, without symbolic links, as {@link setRoot} takes it. */
export function folderUrl(folder: string): string {
  const real = realpathSync(folder)
  return pathToFileURL(real.endsWith(sep) ? real : real + sep).href
}
