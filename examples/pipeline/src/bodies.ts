/** The tasks of the workers. A download returns work for the next pool: a checksum task and its arguments. */
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { task } from 'pebble-ts'

export interface Checksum {
  readonly name: string
  readonly size: number
  readonly sha256: string
}

export const checksum = task(async (file: string): Promise<Checksum> => {
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    size += chunk.length
  }
  return { name: basename(file), size, sha256: hash.digest('hex') }
})

export const download = task(async (url: string, folder: string) => {
  const response = await fetch(url)
  if (!response.ok || !response.body) throw new Error(`${url}: ${response.status} ${response.statusText}`)
  const file = join(folder, basename(new URL(url).pathname))
  await pipeline(response.body, createWriteStream(file))
  return [checksum, [file]]
})
