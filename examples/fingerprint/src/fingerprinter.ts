import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { process, thread } from 'pebble-ts'

/** What tells one file from another, and how small it gets. Sizes in bytes. */
export interface Fingerprint {
  file: string
  size: number
  sha256: string
  brotli: number
}

/** The same body three times: here, in a worker thread, in a worker process. `this.root` and `this.quality` travel along. */
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
