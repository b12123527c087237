/** Compiled texts, by the hash of all that went into them, in a folder of this user's. */
import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'

let folder: string | null | undefined

/** The text for these ingredients, made by `make` where it is not there yet. */
export function cached(ingredients: readonly string[], make: () => string): string {
  const directory = cacheFolder()
  if (directory === null) return make()
  const file = join(directory, `${createHash('sha256').update(JSON.stringify(ingredients)).digest('hex')}.js`)
  const found = readIfThere(file)
  if (found !== null) return found
  const text = make()
  writeAtomically(file, text)
  return text
}

/** Null where there is none that only this user can write: others could put code there. */
export function cacheFolder(): string | null {
  if (folder === undefined) folder = findFolder()
  return folder
}

/** Workers start at once and compile the same files: each sees a whole file or none. */
export function writeAtomically(file: string, text: string): void {
  const draft = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`
  try {
    writeFileSync(draft, text, { mode: 0o600, flag: 'wx' })
    renameSync(draft, file)
  } catch {
    // a full or read-only disk: compile again next time
  }
}

function findFolder(): string | null {
  try {
    const path = join(tmpdir(), `pebble-ts-${process.getuid?.() ?? userInfo().username}`)
    mkdirSync(path, { recursive: true, mode: 0o700 })
    const stat = lstatSync(path)
    const isOurs = process.getuid === undefined || (stat.uid === process.getuid() && (stat.mode & 0o022) === 0)
    return stat.isDirectory() && isOurs ? path : null
  } catch {
    return null
  }
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
