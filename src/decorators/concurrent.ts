import { processDecorator } from './process'
import { threadDecorator } from './thread'

/**
 * Runs a method, or a function, in a worker thread: a call returns a `Future` at once.
 *
 * The method is declared to return `Promise<T>` or `Future<T>`. Bare, called, or with options; for instance and static
 * methods, under both dialects of decorators. Unlike `process`, it cannot be stopped from outside while it computes but
 * with its whole thread, and it shares the program's memory limits. Done-callbacks run at once when the future is done.
 * Pebble's `concurrent.thread`.
 *
 * @throws {TypeError} at decoration: on a getter, setter, field, `#private` method, class or generator; for an unknown
 * option or a value of the wrong type (`RangeError` for one out of range)
 * @example
 * class Reports {
 *   @thread({ timeout: 5_000 })
 *   async render(doc: Doc): Promise<Pdf> { … }
 * }
 * const hash = thread(hashFile)
 */
export const thread = threadDecorator('concurrent')

/**
 * Runs a method, or a function, in a worker process: a call returns a `ProcessFuture` at once.
 *
 * As `thread`, with a process of its own: what it allocates, and how it dies, is its own affair. Done-callbacks run at
 * once when the future is done. Pebble's `concurrent.process`.
 *
 * @throws {TypeError} at decoration, as `thread`
 * @example
 * class Reports {
 *   @process({ timeout: 60_000, context: { resourceLimits: { maxOldGenerationSizeMb: 512 } } })
 *   async render(doc: Doc): Promise<Pdf> { … }
 * }
 * const hash = process(hashFile)
 */
export const process = processDecorator('concurrent')
