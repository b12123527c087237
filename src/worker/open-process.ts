import { writeOutputDirectly } from './direct-output'
import { ProcessLink } from './process-link'
import { serve } from './serve'
import { watchParent } from './watchdog'

/** Makes this process a worker of the parent whose process id is the first argument. */
export function openProcess(): void {
  process.setSourceMapsEnabled(true)
  writeOutputDirectly()
  const [parent] = process.argv.splice(2, 1) // ours; the rest of the program need not see it
  watchParent(Number(parent))
  ProcessLink.connect((link, settings) => void serve(link, settings))
}
