/** Where a worker process begins. */
import { ProcessLink } from './process-link'
import { serve } from './serve'

process.setSourceMapsEnabled(true)
ProcessLink.connect((link, settings) => void serve(link, settings))
