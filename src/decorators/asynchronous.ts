import { processDecorator } from './process'
import { threadDecorator } from './thread'

/**
 * Runs a method, or a function, in a worker thread, as `concurrent.thread` does; but done-callbacks always run in a later
 * turn of the event loop. Pebble's `asynchronous.thread`.
 */
export const thread = threadDecorator('asynchronous')

/**
 * Runs a method, or a function, in a worker process, as `concurrent.process` does; but done-callbacks always run in a
 * later turn of the event loop. Pebble's `asynchronous.process`.
 */
export const process = processDecorator('asynchronous')
