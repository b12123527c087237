import { pools } from 'pebble-ts'
import { inProcess, inThread, takeTurns } from '../dist/turns.js'

/** One lock of a module. The lanes acquire it in this thread, in worker threads or in worker processes. */
export function open({ runtime, lanes }) {
  pools.configure({ thread: { maxWorkers: lanes }, process: { maxWorkers: lanes } })
  const turns = { 'same thread': takeTurns, threads: inThread, processes: inProcess }[runtime]
  return { turns, close: () => pools.shutdown() }
}
