import { processDecorator, threadDecorator } from './worker-decorators'

/**
 * Runs a method, or a function, in a worker thread. Unlike with `concurrent.thread`, done-callbacks always run in a
 * later turn of the event loop, as in asyncio. Pebble's `asynchronous.thread`.
 */
export const thread = threadDecorator('asynchronous')

/**
 * Runs a method, or a function, in a worker process. Unlike with `concurrent.process`, done-callbacks always run in a
 * later turn of the event loop, as in asyncio. Pebble's `asynchronous.process`.
 */
export const process = processDecorator('asynchronous')
