/** Files without a name: they disappear with the last process that has them open, however it ends. */
import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { messageOf } from '../utils/text'
import { uniqueText } from '../utils/unique'

/** Folders to try. `/dev/shm`, in memory, comes first; containers limit it, to 64 MB by default. */
const folders = (): string[] => [...new Set(['/dev/shm', tmpdir(), '/var/tmp', process.cwd()])]

/**
 * Opens a file of `size` zeros. All of it is allocated now, because a full disk must not fail a write later.
 *
 * @throws if no folder has room, or no descriptor is left; `code` and `cause` are those of the last attempt
 */
export function openUnnamed(size: number): number {
  const failed: string[] = []
  let last: NodeJS.ErrnoException | undefined
  for (const folder of folders()) {
    try {
      return openIn(folder, size)
    } catch (error) {
      last = error as NodeJS.ErrnoException
      failed.push(`${folder} (${last.code ?? messageOf(last)})`)
    }
  }
  const message = `No file of ${size} bytes can be made in ${failed.join(', ')}.`
  throw Object.assign(new Error(message, { cause: last }), { code: last?.code })
}

function openIn(folder: string, size: number): number {
  const path = join(folder, `pebble-slots-${uniqueText()}`)
  const fd = openSync(path, 'wx+', 0o600)
  try {
    unlinkSync(path)
    allocate(fd, size)
    return fd
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

function allocate(fd: number, size: number): void {
  const zeros = Buffer.alloc(size)
  for (let at = 0; at < size;) at += writeSync(fd, zeros, at, size - at, at)
}
