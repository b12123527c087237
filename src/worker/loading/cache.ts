/** Keeps compiled texts in a folder of this user. Their file names are hashes of everything they are made from. */
import { createHash } from 'node:crypto'
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { dateNow } from '../../utils/clock'

const DAY = 24 * 60 * 60 * 1000 // ms
/** Texts that were not used for this long are removed. */
const MAX_AGE = 30 * DAY

let folder: string | null | undefined
let pruned = false

/** Returns the text for these ingredients. If it is not in the cache, `make` makes it. */
export function cached(ingredients: readonly string[], make: () => string): string {
  const directory = cacheFolder()
  if (directory === null) return make()
  const file = join(directory, `${createHash('sha256').update(JSON.stringify(ingredients)).digest('hex')}.js`)
  const found = readIfThere(file)
  if (found !== null) {
    markUsed(file)
    return found
  }
  const text = make()
  writeAtomically(file, text)
  if (!pruned) prune(directory)
  pruned = true
  return text
}

/** The modification time of a file is the day of its last use. */
function markUsed(file: string): void {
  const now = dateNow()
  try {
    if (now - statSync(file).mtimeMs > DAY) utimesSync(file, now / 1000, now / 1000)
  } catch {
    // another program has removed it
  }
}

/** Runs once per program, and only after a text was added. */
function prune(directory: string): void {
  try {
    for (const name of readdirSync(directory)) {
      const file = join(directory, name)
      if (dateNow() - statSync(file).mtimeMs > MAX_AGE) rmSync(file, { force: true })
    }
  } catch {
    // another program removes files too: the next run removes the rest
  }
}

/** Null if there is no folder that only this user can write to: others could put code into it. */
export function cacheFolder(): string | null {
  if (folder === undefined) folder = findFolder()
  return folder
}

/** Workers that start at the same time compile the same files. Each of them sees a complete file or none. */
export function writeAtomically(file: string, text: string): void {
  const draft = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`
  try {
    writeFileSync(draft, text, { mode: 0o600, flag: 'wx' })
    renameSync(draft, file)
  } catch {
    // the disk is full or read-only: the file is compiled again next time
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
