import { isMainThread } from 'node:worker_threads'
import { openProcess } from './open-process'
import open, { type ThreadSession } from './thread-entry'

/** Where a worker begins whose library is in a bundle. */
export function openBundle(session: object): void {
  if (isMainThread) openProcess()
  else void open(session as ThreadSession)
}
