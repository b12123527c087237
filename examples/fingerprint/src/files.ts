import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Options } from './options'

/** A file may be this part of the whole: a bigger one would keep one core busy while the others wait. */
const LARGEST = 1 / 20

/** The files under the root in a stable order, as paths relative to it, as many as the limits allow. */
export function listFiles({ root, maxFiles, maxBytes }: Options): string[] {
  const chosen: string[] = []
  let bytes = 0
  for (const file of walk(root, '')) {
    if (chosen.length >= maxFiles) break
    const { size } = statSync(join(root, file))
    if (size > maxBytes * LARGEST || bytes + size > maxBytes) continue // a smaller one may still fit
    bytes += size
    chosen.push(file)
  }
  return chosen
}

/** Leaves out links, and folders with a dot (`.bin`, `.cache`), whose content may change meanwhile. */
function* walk(root: string, folder: string): Generator<string> {
  const entries = readdirSync(join(root, folder), { withFileTypes: true })
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name)
    if (entry.isFile()) yield path
    else if (entry.isDirectory() && !entry.name.startsWith('.')) yield* walk(root, path)
  }
}
