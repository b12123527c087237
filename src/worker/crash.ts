import { writeSync } from 'node:fs'
import { detailOf } from '../utils/text'
import { packThrown } from '../wire/errors'
import { MessageKind } from '../wire/messages'
import type { ParentChannel } from './parent-channel'

/** Exit code of a worker that ends because the library's own code has failed in it. */
const EXIT_CODE = 70 // EX_SOFTWARE of sysexits.h

let crashing = false

/** Ends this worker after an error of the library's own code, and tells the parent why. Its calls fail with that cause. */
export function crash(channel: ParentChannel, error: unknown): void {
  if (crashing) return
  crashing = true
  try {
    channel.publish(MessageKind.Failed, 0, 0, packThrown(error, { root: 'error', kind: channel.kind }), true, false)
  } catch {
    writeToStderr(error) // the channel itself has failed; the parent keeps the last lines of a process's stderr
  } finally {
    process.exit(EXIT_CODE)
  }
}

function writeToStderr(error: unknown): void {
  try {
    writeSync(2, `${detailOf(error)}\n`)
  } catch {
    // stderr is closed: there is no way left to report the error
  }
}
