import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { process, thread } from 'pebble-ts'

/** The hash of a file and its compressed size. Sizes are in bytes. */
export interface Fingerprint {
  file: string
  size: number
  sha256: string
  brotli: number
}

/** The same work in the calling thread, in a worker thread and in a worker process. `this.root` and `this.quality` are sent with each call. */
export class Fingerprinter {
  constructor(
    readonly root: string,
    readonly quality: number,
  ) {}

  @thread
  async inThread(file: string): Promise<Fingerprint> {
    return this.fingerprint(file)
  }

  @process
  async inProcess(file: string): Promise<Fingerprint> {
    return this.fingerprint(file)
  }

  fingerprint(file: string): Fingerprint {
    const content = readFileSync(join(this.root, file))
    const params = {
      [constants.BROTLI_PARAM_QUALITY]: this.quality,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    }
    return {
      file,
      size: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
      brotli: brotliCompressSync(content, { params }).length,
    }
  }
}
