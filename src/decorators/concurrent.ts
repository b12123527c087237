import { processDecorator, threadDecorator } from './worker-decorators'

/**
 * Runs a method, or a function, in a worker thread. A call returns a `Future` at once.
 *
 * Declare the method to return `Promise<T>` or `Future<T>`. Use it bare (`@thread`), called (`@thread()`) or with
 * options, on instance and static methods, with stage-3 and with legacy decorators; or as a wrapper: `thread(fn)`.
 *
 * Unlike `process`, the body shares the memory of the program, and a body that computes can only be stopped together
 * with its whole thread. Done-callbacks run at once when the future is done. Pebble's `concurrent.thread`.
 *
 * @throws {TypeError} at decoration: a getter, setter, field, `#private` method, class or generator; an unknown option,
 * or a value of the wrong type (`RangeError` for one out of range)
 * @example
 * class Reports {
 *   @thread({ timeout: 5_000 }) // ms
 *   async render(doc: Doc): Promise<Pdf> { … }
 * }
 * const hash = thread(hashFile)
 */
export const thread = threadDecorator('concurrent')

/**
 * Runs a method, or a function, in a worker process. A call returns a `ProcessFuture` at once.
 *
 * Used like `thread`. Unlike with `thread`, the body has a memory of its own, and the program survives if the process
 * dies. Done-callbacks run at once when the future is done. Pebble's `concurrent.process`.
 *
 * @throws {TypeError} at decoration, as for `thread`
 * @example
 * class Reports {
 *   @process({ timeout: 60_000, context: { resourceLimits: { maxOldGenerationSizeMb: 512 } } })
 *   async render(doc: Doc): Promise<Pdf> { … }
 * }
 * const hash = process(hashFile)
 */
export const process = processDecorator('concurrent')
