import { monotonic } from '../wire/slots'
import { CallState, type Call } from './call'

/** Between two looks at what the workers have written, in ms. */
const PAUSE = 5

/** How long a worker may take to start what was sent to it, in ms: what its pipe did not take is never sent. */
const START = 10_000

/** Calls with `daemon: false` that are not settled. */
const awaited = new Set<Call>()

/**
 * Has the program wait for a call of a process also where it ends by `process.exit()` or an uncaught exception. No
 * event loop runs there: what workers write is read from their pipes.
 */
export function awaitAtExit(call: Call): void {
  if (awaited.size === 0) process.prependListener('exit', waitForAll) // before what passes on the last of stderr
  awaited.add(call)
  call.whenSettled(() => {
    awaited.delete(call)
    if (awaited.size === 0) process.off('exit', waitForAll)
  })
}

function waitForAll(): void {
  const word = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  // Those that wait here follow as workers have room: for as long as a worker runs one of ours.
  for (let quiet = 0; quiet < START; quiet += PAUSE) {
    const left = [...awaited].filter(runsOn)
    if (left.length === 0) return
    if (left.some((call) => call.running())) quiet = 0
    Atomics.wait(word, 0, 0, PAUSE)
  }
}

/** Whether the call's worker goes on with it. It does not get past a request: nobody is left to answer. */
function runsOn(call: Call): boolean {
  const { member } = call
  if (!member) return false
  call.owner?.send(member)
  if (!member.channel.receive() || call.state !== CallState.Sent || member.unanswered > 0) return false
  const { timeout } = call.limits
  if (timeout === undefined || !member.hasStarted(call)) return true
  return monotonic() < member.channel.slots.startedAt(call.sequence) + timeout
}
