import { setTimeout as sleep } from 'node:timers/promises'
import { open as openRaw } from './raw.mjs'

/** The floor of a limit: end the worker when the time is up, then start another one for the call that waits. */
export function open({ runtime }) {
  let worker = openRaw({ runtime, workers: 1 })
  let ready = Promise.resolve()
  return {
    call: async (a, b) => {
      await ready
      return worker.call(a, b)
    },
    hang: (timeout) => {
      void worker.run('hang')
      const stopped = sleep(timeout).then(() => {
        void worker.close()
        worker = openRaw({ runtime, workers: 1 })
        throw new Error('Timed out')
      })
      ready = stopped.catch(() => undefined)
      return stopped
    },
    close: () => worker.close(),
  }
}
