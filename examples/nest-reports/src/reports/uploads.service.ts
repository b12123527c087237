import { createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { BadRequestException, Injectable, type OnModuleInit, PayloadTooLargeException } from '@nestjs/common'
import { settings } from '../settings'

/** The files of running reports. */
@Injectable()
export class Uploads implements OnModuleInit {
  private readonly folder = join(settings.folder, 'uploads')

  /** Removes what an earlier run has left. */
  async onModuleInit(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
    await mkdir(this.folder, { recursive: true })
  }

  /**
   * Streams an upload to a file. Only the chunk that is written is in memory.
   *
   * @param length the announced size, in bytes; it is refused before the upload starts
   * @throws {PayloadTooLargeException} there are more bytes than allowed
   * @throws {BadRequestException} the client has closed the connection
   */
  async save(id: string, upload: Readable, length = 0): Promise<string> {
    if (length > settings.maxUpload) throw tooLarge()
    const file = join(this.folder, `${id}.csv`)
    try {
      await pipeline(upload, atMost(settings.maxUpload), createWriteStream(file))
      return file
    } catch (error) {
      await this.remove(file)
      throw upload.readableAborted ? new BadRequestException('The upload ended too early.') : error
    }
  }

  async remove(file: string): Promise<void> {
    await rm(file, { force: true })
  }
}

function atMost(limit: number): Transform {
  let bytes = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (bytes > limit) done(tooLarge())
      else done(null, chunk)
    },
  })
}

const tooLarge = (): Error => new PayloadTooLargeException(`A file may have at most ${settings.maxUpload} bytes.`)
