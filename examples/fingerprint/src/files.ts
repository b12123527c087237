import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Options } from './options'

/** The largest file, as a part of `maxBytes`. A larger file would keep one core busy while the others are idle. */
const LARGEST = 1 / 20

/** Lists the files under `root` in a stable order, as relative paths, within the limits. */
export function listFiles({ root, maxFiles, maxBytes }: Options): string[] {
  const chosen: string[] = []
  let bytes = 0
  for (const file of walk(root, '')) {
    if (chosen.length >= maxFiles) break
    const { size } = statSync(join(root, file))
    if (size > maxBytes * LARGEST || bytes + size > maxBytes) continue // a smaller file may still fit
    bytes += size
    chosen.push(file)
  }
  return chosen
}

/** Skips links, and folders whose name begins with a dot (`.bin`, `.cache`), because their content may change. */
function* walk(root: string, folder: string): Generator<string> {
  const entries = readdirSync(join(root, folder), { withFileTypes: true })
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name)
    if (entry.isFile()) yield path
    else if (entry.isDirectory() && !entry.name.startsWith('.')) yield* walk(root, path)
  }
}
