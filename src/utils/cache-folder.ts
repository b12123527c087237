/** The folder of this user in which the library keeps what it has compiled, for programs that run later. */
import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { uniqueText } from './unique'

const DAY = 24 * 60 * 60 * 1000 // ms
/** Files that were not used for this long are removed. */
const MAX_AGE = 30 * DAY
/** If there are more bytes than this, the files that were not used for longest are removed. */
const MAX_SIZE = 100 * 1024 * 1024

let folder: string | null | undefined
let pruned = false

/** Null if there is no folder that only this user can write to: others could put code into it. */
export function cacheFolder(): string | null {
  if (folder === undefined) folder = findFolder()
  return folder
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

/**
 * Workers that start at the same time compile the same files. Each of them sees a complete file or none. `make` is not
 * called if the folder is read-only.
 */
export function writeAtomically(file: string, make: () => string | Uint8Array): void {
  const draft = `${file}.${uniqueText()}`
  try {
    const fd = openSync(draft, 'wx', 0o600)
    try {
      writeFileSync(fd, make())
    } finally {
      closeSync(fd)
    }
    renameSync(draft, file)
  } catch {
    // the disk is full or read-only: it is compiled again next time
  }
}

/** The modification time of a file is the day of its last use. */
export function markUsed(file: string, now: number): void {
  try {
    if (now - statSync(file).mtimeMs > DAY) utimesSync(file, now / 1000, now / 1000)
  } catch {
    // another program has removed it
  }
}

/** Removes what was not used for long, and what is too much. Runs once per program, and only after a file was added. */
export function prune(now: number, directory = cacheFolder(), maxSize = MAX_SIZE): void {
  if (pruned || directory === null) return
  pruned = true
  try {
    const files = readdirSync(directory).flatMap((name) => fileAt(join(directory, name)))
    let size = 0
    for (const { path, used, bytes } of files.sort((a, b) => b.used - a.used)) {
      size += bytes
      if (now - used > MAX_AGE || size > maxSize) rmSync(path, { force: true })
    }
  } catch {
    // another program removes files too: the next run removes the rest
  }
}

/** Nothing if it is gone: a program that starts at the same time renames its draft. */
function fileAt(path: string): Array<{ path: string; used: number; bytes: number }> {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat ? [{ path, used: stat.mtimeMs, bytes: stat.size }] : []
}
