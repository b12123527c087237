import { writeSync } from 'node:fs'
import { detailOf } from '../utils/text'
import { packThrown } from '../wire/errors'
import { MessageKind } from '../wire/messages'
import type { ParentChannel } from './parent-channel'

/** Code of a worker that ends because the library's own code in it has failed. */
const EXIT_CODE = 70 // EX_SOFTWARE of sysexits.h

let crashing = false

/** Ends this worker after an error of the library's own code, and tells the parent why: its calls fail with that cause. */
export function crash(channel: ParentChannel, error: unknown): void {
  if (crashing) return
  crashing = true
  try {
    channel.publish(MessageKind.Failed, 0, 0, packThrown(error, { root: 'error', kind: channel.kind }), true, false)
  } catch {
    tell(error) // the way to the parent is what has failed: of a process, it keeps the last of stderr
  } finally {
    process.exit(EXIT_CODE)
  }
}

function tell(error: unknown): void {
  try {
    writeSync(2, `${detailOf(error)}\n`)
  } catch {
    // nobody can be told
  }
}
