import { monotonic } from '../wire/slots'
import { CallState, type Call } from './call'
import type { WorkerHandle } from './worker-handle'

/** Between two looks at what the workers have written, in ms. */
const PAUSE = 5

/** How long a worker may take to start what was sent to it, in ms: what its pipe did not take is never sent. */
const START = 10_000

/** Calls with `daemon: false` that are not settled. */
const awaited = new Set<Call>()

/**
 * Has the program wait for a call of a process also where it ends by `process.exit()` or an uncaught exception. No
 * event loop runs there: what workers write is read from their pipes. Streams are not waited for: their consumers are
 * gone, and bodies wait for them.
 */
export function awaitAtExit(call: Call): void {
  if (call.payload.extra?.stream) return
  if (awaited.size === 0) process.prependListener('exit', waitForAll) // before what passes on the last of stderr
  awaited.add(call)
  call.whenSettled(() => {
    awaited.delete(call)
    if (awaited.size === 0) process.off('exit', waitForAll)
  })
}

function waitForAll(): void {
  for (const { dispatcher } of awaited) dispatcher?.resume() // the turn in which the program ends has no next one
  const word = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  // Those that wait here follow as workers have room: for as long as a worker runs one of ours.
  for (let quiet = 0; quiet < START; quiet += PAUSE) {
    const stuck = exchange()
    const left = [...awaited].filter((call) => call.worker && !stuck.has(call.worker) && runsOn(call, call.worker))
    if (left.length === 0) return
    if (left.some((call) => call.running())) quiet = 0
    Atomics.wait(word, 0, 0, PAUSE)
  }
}

/**
 * Sends what waits to go out together, and receives what workers have written.
 *
 * @returns those that do not go on: they are gone, or have asked something of a program that does not answer any more
 */
function exchange(): Set<WorkerHandle> {
  const owners = new Map([...awaited].map(({ worker, dispatcher }) => [worker, dispatcher]))
  const stuck = new Set<WorkerHandle>()
  for (const [worker, owner] of owners) {
    if (!worker) continue
    owner?.send(worker)
    if (!worker.channel.receive() || worker.openRequests > 0) stuck.add(worker)
  }
  return stuck
}

/** Whether the worker is with the call, or comes to it, within the limit of the call. */
function runsOn(call: Call, worker: WorkerHandle): boolean {
  if (call.state !== CallState.Sent) return false
  const { timeout } = call.limits
  if (timeout === undefined || !worker.hasStarted(call)) return true
  return monotonic() < worker.channel.slots.startedAt(call.sequence) + timeout
}
