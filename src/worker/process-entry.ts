/** Where a worker process begins. */
import { openProcess } from './open-process'

openProcess()
