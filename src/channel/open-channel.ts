/** Starts a worker. Only this function makes the channels of threads and processes. */
import { types } from 'node:util'
import { after } from '../utils/after'
import { SharedSlots } from '../wire/slots'
import type { Channel, ChannelListener, ChannelOptions } from './channel'
import { ProcessChannel } from './process-channel'
import { endIfStartedAsWorker } from './self-start'
import { ThreadChannel } from './thread-channel'

/** How long after a failed start it is reported, in ms: a resource that was short (descriptors, memory) may be free then. */
const FAILURE_DELAY = 100

endIfStartedAsWorker()

/** Starts a worker of the given kind. If the start fails at once, the channel reports that as the exit of the worker. */
export function openChannel(kind: Channel['kind'], listener: ChannelListener, options: () => ChannelOptions): Channel {
  try {
    return kind === 'thread' ? new ThreadChannel(options(), listener) : new ProcessChannel(options(), listener)
  } catch (error) {
    return new FailedChannel(kind, listener, error)
  }
}

/** The channel of a worker that could not be started: it reports an exit with the reason. */
class FailedChannel implements Channel {
  readonly kind: Channel['kind']
  readonly id = null
  readonly slots = new SharedSlots()

  constructor(kind: Channel['kind'], listener: ChannelListener, reason: unknown) {
    this.kind = kind
    const error = types.isNativeError(reason) ? reason : new Error('It could not be started.', { cause: reason })
    after(FAILURE_DELAY, () => listener.exit({ exitCode: null, signal: null, error, stderr: '' }))
  }

  send(): void {
    // there is no worker
  }

  drain(): void {
    // nothing was published
  }

  receive(): boolean {
    return false
  }

  extendLease(): void {
    // there is no process
  }

  setRef(): void {
    // the timer keeps the program alive until the exit is reported
  }

  kill(): void {
    // the exit is reported by the timer
  }
}
