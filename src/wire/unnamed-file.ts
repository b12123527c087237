/** Files without a name: nothing is left behind, however the program ends. */
import { randomBytes } from 'node:crypto'
import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { messageOf } from '../utils/text'

/** Where there may be room, the memory of Linux first. Containers give it little: 64 MB, unless told otherwise. */
const folders = (): string[] => [...new Set(['/dev/shm', tmpdir(), '/var/tmp', process.cwd()])]

/**
 * Opens a file of `size` zeros. All of it is allocated now: later, a full disk would fail a write that has to succeed.
 *
 * @throws where no folder has room, or no descriptor is left; with the `code` and, as its cause, the error of the last
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
  const path = join(folder, `pebble-slots-${process.pid}-${randomBytes(6).toString('hex')}`)
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
