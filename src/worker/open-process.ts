import { takeNote } from '../registry/start-note'
import { writeOutputDirectly } from './direct-output'
import { ProcessParentChannel } from './process-parent-channel'
import { serve } from './serve'
import { watchParent } from './watchdog'

/** Makes this process a worker of the parent at the other end of its descriptors. */
export function openProcess(): void {
  const note = takeNote()
  process.setSourceMapsEnabled(true)
  writeOutputDirectly()
  watchParent()
  if (note?.cwd !== undefined) process.chdir(note.cwd) // preloads were found from the folder of the program
  ProcessParentChannel.connect((channel, settings) => void serve(channel, settings))
}
