import { pools } from 'pebble-ts'
import { Adder } from '../dist/adder.js'

/** Decorators without options on the instance methods of a class. `runtime` selects the method. */
export function open({ runtime, workers }) {
  pools.configure({ thread: { maxWorkers: workers }, process: { maxWorkers: workers } })
  const adder = new Adder()
  return {
    call: runtime === 'threads' ? (a, b) => adder.inThread(a, b) : (a, b) => adder.inProcess(a, b),
    close: () => pools.shutdown(),
  }
}
