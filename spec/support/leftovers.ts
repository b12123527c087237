import { createHook } from 'node:async_hooks'
import { getEventListeners } from 'node:events'

/** Set by Node.js when a timer has fired or was cleared. */
interface NodeTimer {
  readonly _destroyed: boolean
}

const started = new Set<NodeTimer>()

/** Counts the timers that are started below a function of the library, in its sources or in the built package. */
export function countTimers(frame: RegExp): void {
  const hook = createHook({
    init: (_id, type, _trigger, resource) => {
      if (type === 'Timeout' && frame.test(new Error().stack ?? '')) started.add(resource as NodeTimer)
    },
  })
  beforeEach(() => {
    started.clear() // left by a test that failed
    hook.enable()
  })
  afterEach(() => hook.disable())
}

/** The number of these timers that have neither fired nor been cleared. */
export const timers = (): number => [...started].filter((timer) => !timer._destroyed).length

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
