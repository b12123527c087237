import { pools } from 'pebble-ts'
import { Adder } from '../dist/adder.js'

/** The bare decorators on instance methods of a class, as a user writes them; `runtime` picks the method. */
export function open({ runtime, workers }) {
  pools.configure({ thread: { maxWorkers: workers }, process: { maxWorkers: workers } })
  const adder = new Adder()
  return {
    call: runtime === 'threads' ? (a, b) => adder.inThread(a, b) : (a, b) => adder.inProcess(a, b),
    close: () => pools.shutdown(),
  }
}
