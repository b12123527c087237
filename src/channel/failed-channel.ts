import { types } from 'node:util'
import { after } from '../utils/after'
import { SharedSlots } from '../wire/slots'
import type { Channel, ChannelListener } from './channel'

/** Between a start that failed and the news of it, in ms: what was lacking (descriptors, memory) may be there again. */
const PAUSE = 100

/** In place of a worker that the runtime could not even begin to start: it has exited, with the reason. */
export class FailedChannel implements Channel {
  readonly kind: Channel['kind']
  readonly id = null
  readonly slots = new SharedSlots()

  constructor(kind: Channel['kind'], listener: ChannelListener, reason: unknown) {
    this.kind = kind
    const error = types.isNativeError(reason) ? reason : new Error('It could not be started.', { cause: reason })
    after(PAUSE, () => listener.exit({ exitCode: null, signal: null, error, stderr: '' }))
  }

  send(): void {
    // there is nobody
  }

  drain(): void {
    // nothing was published
  }

  receive(): boolean {
    return false
  }

  setRef(): void {
    // until it has told its end, it holds the program anyway
  }

  kill(): void {
    // it tells its end by itself
  }
}
