/** A packed program (SEA, pkg) is its own executable, and runs itself whatever its arguments say. */
import { writeSync } from 'node:fs'
import { serialize } from 'node:v8'
import { isMainThread } from 'node:worker_threads'
import { PoolError } from '../errors'
import { fileIdentity, readNote, type StartNote } from '../registry/start-note'
import { packThrown } from '../wire/errors'
import { frameSize, writeFrame } from '../wire/frames'
import { MessageKind, SLOT_FILE, TO_PARENT } from '../wire/messages'
import { BYTES } from '../wire/values'

/**
 * Ends this process where it was started as a worker and runs the program instead: it would start the next one, without
 * end. The parent is told why, so that its calls fail by it.
 */
export function endIfStartedAsWorker(): void {
  const note = readNote()
  if (note === undefined || !isMainThread || process.argv[1] === note.entry || !isMeant(note)) return
  tellParent(
    new PoolError(
      `Expected \`${note.program}\` to run the script of a worker (${note.entry}), but it runs the program itself, whatever its arguments are: ` +
        'it is a packed program, or a script that drops them. Name a Node.js executable by `context: { execPath }`, or use threads.',
    ),
  )
  process.exit(1)
}

/** Not so in a process that a preload of the worker has started: it has the environment, but not the descriptors. */
function isMeant({ slotFile }: StartNote): boolean {
  try {
    return fileIdentity(SLOT_FILE) === slotFile
  } catch {
    return false
  }
}

function tellParent(error: Error): void {
  const { data, flags } = packThrown(error, { root: 'error', kind: 'process' })
  const bytes = serialize(data)
  const frame = Buffer.alloc(frameSize(bytes))
  try {
    writeSync(TO_PARENT, frame, 0, writeFrame(frame, 0, MessageKind.Broken, 0, 0, flags | BYTES, bytes))
  } catch {
    // the parent is gone
  }
}
