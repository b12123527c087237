/** Recognises packed programs (SEA, pkg). The executable of such a program runs the program, whatever the arguments are. */
import { writeSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import { PoolError } from '../errors'
import { fileIdentity, readNote, type StartNote } from '../registry/start-note'
import { v8 } from '../utils/lazy'
import { packThrown } from '../wire/errors'
import { areaOf } from '../wire/area'
import { frameSize, writeFrame } from '../wire/frames'
import { MessageKind, SLOT_FILE, TO_PARENT } from '../wire/messages'
import { BYTES } from '../wire/values'

/**
 * Ends this process if it was started as a worker but runs the program instead. Otherwise it would start the next process,
 * and so on without end. The parent gets the reason, and its calls fail with that error.
 */
export function endIfStartedAsWorker(): void {
  const note = readNote()
  if (note === undefined || !isMainThread || process.argv[1] === note.entry || !isMarked(note)) return
  tellParent(
    new PoolError(
      `Expected \`${note.program}\` to run the script of a worker (${note.entry}), but it runs the program itself, whatever its arguments are: ` +
        'it is a packed program, or a script that drops them. Name a Node.js executable by `context: { execPath }`, or use threads.',
    ),
  )
  process.exit(1)
}

/** Whether the start note is meant for this process. A process that a worker starts inherits the note, but not the descriptors. */
function isMarked({ slotFile }: StartNote): boolean {
  try {
    return fileIdentity(SLOT_FILE) === slotFile
  } catch {
    return false
  }
}

function tellParent(error: Error): void {
  const { data, flags } = packThrown(error, { root: 'error', kind: 'process' })
  const bytes = v8().serialize(data)
  const frame = areaOf(Buffer.alloc(frameSize(bytes)))
  try {
    writeSync(TO_PARENT, frame.bytes, 0, writeFrame(frame, 0, MessageKind.Broken, 0, 0, flags | BYTES, bytes))
  } catch {
    // the parent is gone
  }
}
