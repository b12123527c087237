/** Compiled texts, by the hash of all that went into them, in a folder of this user's. */
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
/** Texts that nobody has asked for in this long are removed. */
const KEPT = 30 * DAY

let folder: string | null | undefined
let pruned = false

/** The text for these ingredients, made by `make` where it is not there yet. */
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

/** To the day: its time of change is when it was asked for last. */
function markUsed(file: string): void {
  const now = dateNow()
  try {
    if (now - statSync(file).mtimeMs > DAY) utimesSync(file, now / 1000, now / 1000)
  } catch {
    // somebody has removed it meanwhile
  }
}

/** Once a program, and only where something was added. */
function prune(directory: string): void {
  try {
    for (const name of readdirSync(directory)) {
      const file = join(directory, name)
      if (dateNow() - statSync(file).mtimeMs > KEPT) rmSync(file, { force: true })
    }
  } catch {
    // another program prunes as well: what is left is for the next
  }
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
