import { monotonic } from '../utils/clock'
import { CallState, type Call, type CallWorker } from './call'

/** Time between two reads of what the workers have written, in ms. */
const PAUSE = 5

/** How long a worker may take to start a call, in ms. A call for which the pipe had no room never starts. */
const START = 10_000

/** The unsettled calls with `daemon: false`. */
const awaited = new Set<Call>()

/**
 * Makes the program wait for a call even if it ends by `process.exit()` or an uncaught exception. The event loop does
 * not run then, so the pipes of the workers are read here. Streams are not waited for: their readers do not run any
 * more, and the bodies wait for the readers.
 */
export function awaitAtExit(call: Call): void {
  if (call.payload.extra?.stream) return
  if (awaited.size === 0) process.prependListener('exit', waitForAll) // before the listener that writes the last of stderr
  awaited.add(call)
  call.whenSettled(() => {
    awaited.delete(call)
    if (awaited.size === 0) process.off('exit', waitForAll)
  })
}

function waitForAll(): void {
  for (const { dispatcher } of awaited) dispatcher?.resume() // this turn of the event loop is the last one
  const word = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  // Queued calls follow as workers have room, so this goes on while a worker runs one of the calls.
  for (let quiet = 0; quiet < START; quiet += PAUSE) {
    const stuck = exchange()
    const left = [...awaited].filter((call) => call.worker && !stuck.has(call.worker) && runsOn(call, call.worker))
    if (left.length === 0) return
    if (left.some((call) => call.running())) quiet = 0
    Atomics.wait(word, 0, 0, PAUSE)
  }
}

/**
 * Sends the batches of the awaited calls, and receives what their workers have written.
 *
 * @returns the workers that cannot go on: they have exited, or wait for a response that this program does not send any more
 */
function exchange(): Set<CallWorker> {
  const workers = new Set<CallWorker>()
  for (const call of awaited) {
    if (!call.worker) continue
    workers.add(call.worker)
    call.dispatcher?.flush(call)
  }
  const stuck = new Set<CallWorker>()
  for (const worker of workers) if (!worker.channel.receive() || worker.openRequests > 0) stuck.add(worker)
  return stuck
}

/** Whether the worker runs the call, or will run it, within the limit of the call. */
function runsOn(call: Call, worker: CallWorker): boolean {
  if (call.state !== CallState.Sent) return false
  const { timeout } = call.limits
  if (timeout === undefined || !worker.isRunning(call)) return true
  return monotonic() < worker.channel.slots.startedAt(call.sequence) + timeout
}
