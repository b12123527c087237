import type { Channel, ChannelListener, ChannelOptions } from './channel'
import { ProcessChannel } from './process-channel'
import { ThreadChannel } from './thread-channel'

/** Starts a worker of the given kind. */
export function openChannel(kind: Channel['kind'], listener: ChannelListener, options: ChannelOptions): Channel {
  return kind === 'thread' ? new ThreadChannel(options, listener) : new ProcessChannel(options, listener)
}
