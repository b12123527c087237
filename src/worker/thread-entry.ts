/** The file of a worker thread. Its default export handles the one tinypool task, which opens the session. */
import type { MessagePort } from 'node:worker_threads'
import { endProcesses, shareCount } from '../registry/own-processes'
import { CHILDLESS, type ParentMessage, type SessionSettings } from '../wire/messages'
import { writeOutputDirectly } from './direct-output'
import { serve } from './serve'
import { ThreadParentChannel } from './thread-parent-channel'

/** What the thread channel of the parent passes to the thread. */
export interface ThreadSession {
  readonly port: MessagePort
  readonly slots: SharedArrayBuffer
  readonly ring: SharedArrayBuffer
  /** Tells the parent how many processes this thread has. */
  readonly processes: SharedArrayBuffer
  readonly settings: SessionSettings
  /** The program's `NODE_OPTIONS`, if the thread was started without it. */
  readonly nodeOptions?: string
}

export default async function open(session: ThreadSession): Promise<void> {
  session.port.postMessage(0) // the first message: the parent may terminate this thread from now on
  if (session.nodeOptions !== undefined) process.env['NODE_OPTIONS'] = session.nodeOptions
  process.setSourceMapsEnabled(true)
  writeOutputDirectly()
  shareCount(session.processes)
  session.port.on('message', (message: ParentMessage) => {
    if (!Array.isArray(message) && message.type === 'end')
      void endProcesses().then(() => session.port.postMessage(CHILDLESS))
  })
  await serve(new ThreadParentChannel(session.port, session.slots, session.ring), session.settings)
}
