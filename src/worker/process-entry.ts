/** Where a worker process begins. */
import { ProcessLink } from './process-link'
import { serve } from './serve'
import { watchParent } from './watchdog'

process.setSourceMapsEnabled(true)
watchParent()
ProcessLink.connect((link, settings) => void serve(link, settings))
