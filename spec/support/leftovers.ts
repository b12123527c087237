import { getEventListeners } from 'node:events'
import type * as allTimers from 'node:timers'

// What compiled modules hold is the module itself, and not a copy of its names.
const nodeTimers = jest.requireActual<typeof allTimers>('node:timers')

const open = new Set<unknown>()
const { setTimeout: startTimer, clearTimeout: stopTimer } = nodeTimers

/**
 * Counts the timers that are started on behalf of `parts` of the library, which are those of `node:timers`: Jest's own are
 * none of them, and neither are those of workers that come and go meanwhile.
 */
export function countTimers(...parts: string[]): void {
  const ours = new RegExp(`[/\\\\](?:dist|src)[/\\\\](?:${parts.join('|')})[/\\\\]`)
  beforeEach(() => {
    open.clear() // those of a test that failed
    jest.spyOn(nodeTimers, 'setTimeout').mockImplementation(((fn: () => void, ms: number) => {
      const timer = startTimer(() => {
        open.delete(timer)
        fn()
      }, ms)
      if (ours.test(new Error().stack ?? '')) open.add(timer)
      return timer
    }) as never)
    jest.spyOn(nodeTimers, 'clearTimeout').mockImplementation((timer) => {
      open.delete(timer)
      stopTimer(timer)
    })
  })
  afterEach(() => jest.restoreAllMocks())
}

/** How many of them have neither gone off nor been stopped. */
export const timers = (): number => open.size

/** A signal whose listeners are counted. */
export class CountedSignal {
  readonly #controller = new AbortController()

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  get listeners(): number {
    return getEventListeners(this.signal, 'abort').length
  }

  abort(reason: unknown = new Error('no longer wanted')): void {
    this.#controller.abort(reason)
  }
}

/** Lets everything that is ready to run do so. */
export async function turns(count = 3): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}
