import { getEventListeners } from 'node:events'
import { setTimeout as startTimer, clearTimeout as stopTimer } from 'node:timers'
import type * as Clock from '../../src/utils/clock'

/** The timers of the library: in its sources, which specs import, and in the built package. */
export const clocks = ['src', 'dist'].map((folder) => jest.requireActual<typeof Clock>(`../../${folder}/utils/clock`))

const open = new Set<unknown>()

/**
 * Counts the timers that `parts` of the library start, without the timers of Jest and without
 * those of workers that start and stop meanwhile.
 */
export function countTimers(...parts: string[]): void {
  const ours = new RegExp(`[/\\\\](?:dist|src)[/\\\\](?:${parts.join('|')})[/\\\\]`)
  beforeEach(() => {
    open.clear() // left by a test that failed
    for (const clock of clocks) {
      jest.spyOn(clock, 'setTimeout').mockImplementation(((fn: () => void, ms: number) => {
        const timer = startTimer(() => {
          open.delete(timer)
          fn()
        }, ms)
        if (ours.test(new Error().stack ?? '')) open.add(timer)
        return timer
      }) as never)
      jest.spyOn(clock, 'clearTimeout').mockImplementation((timer) => {
        open.delete(timer)
        stopTimer(timer)
      })
    }
  })
  afterEach(() => jest.restoreAllMocks())
}

/** The number of these timers that have neither fired nor been cleared. */
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

/** Runs everything that is ready to run. */
export async function turns(count = 3): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}
