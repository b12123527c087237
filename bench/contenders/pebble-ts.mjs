import { pools } from 'pebble-ts'
import { Adder } from '../dist/adder.js'

/** Decorators without options on the methods of an instance with two fields. `runtime` selects the methods. */
export function open({ runtime, workers }) {
  pools.configure({ thread: { maxWorkers: workers }, process: { maxWorkers: workers } })
  const adder = new Adder()
  const inThread = runtime === 'threads'
  return {
    call: inThread ? (a, b) => adder.addInThread(a, b) : (a, b) => adder.addInProcess(a, b),
    run: (body, value) => adder[`${body}${inThread ? 'InThread' : 'InProcess'}`](value),
    close: () => pools.shutdown(),
  }
}
