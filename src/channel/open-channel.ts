import type { Channel, ChannelListener, ChannelOptions } from './channel'
import { FailedChannel } from './failed-channel'
import { ProcessChannel } from './process-channel'
import { endIfStartedAsWorker } from './self-start'
import { ThreadChannel } from './thread-channel'

endIfStartedAsWorker()

/** Starts a worker of the given kind. What fails at once is told as its exit. */
export function openChannel(kind: Channel['kind'], listener: ChannelListener, options: () => ChannelOptions): Channel {
  try {
    return kind === 'thread' ? new ThreadChannel(options(), listener) : new ProcessChannel(options(), listener)
  } catch (error) {
    return new FailedChannel(kind, listener, error)
  }
}
