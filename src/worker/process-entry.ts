/** The script of a worker process. */
import { takeNote } from '../registry/start-note'
import { isBundled } from '../utils/location'
import { writeOutputDirectly } from './direct-output'
import { ProcessParentChannel } from './process-parent-channel'
import { serve } from './serve'
import { watchParent } from './watchdog'

if (!isBundled) openProcess() // in a bundle this file is no script: `open-bundle.ts` calls the function

/** Makes this process a worker of the parent at the other end of its descriptors. */
export function openProcess(): void {
  const note = takeNote()
  process.setSourceMapsEnabled(true)
  writeOutputDirectly()
  watchParent()
  if (note?.cwd !== undefined) process.chdir(note.cwd) // preloads were resolved from the folder of the program
  ProcessParentChannel.connect((channel, settings) => void serve(channel, settings))
}
