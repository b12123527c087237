/** Keeps compiled texts. Their file names are hashes of everything they are made from. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder, markUsed, prune, writeAtomically } from '../../utils/cache-folder'
import { dateNow } from '../../utils/clock'

/** Returns the text for these ingredients. If it is not in the cache, `make` makes it. */
export function cached(ingredients: readonly string[], make: () => string): string {
  const directory = cacheFolder()
  if (directory === null) return make()
  const file = join(directory, `${createHash('sha256').update(JSON.stringify(ingredients)).digest('hex')}.js`)
  const found = readIfThere(file)
  if (found !== null) {
    markUsed(file, dateNow())
    return found
  }
  const text = make()
  writeAtomically(file, () => text)
  prune(dateNow())
  return text
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
