import { monotonic } from '../wire/slots'
import { CallState, type Call } from './call'
import type { Member } from './member'

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
  for (const { owner } of awaited) owner?.resume() // the turn in which the program ends has no next one
  const word = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  // Those that wait here follow as workers have room: for as long as a worker runs one of ours.
  for (let quiet = 0; quiet < START; quiet += PAUSE) {
    const stuck = exchange()
    const left = [...awaited].filter((call) => call.member && !stuck.has(call.member) && runsOn(call, call.member))
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
function exchange(): Set<Member> {
  const owners = new Map([...awaited].map(({ member, owner }) => [member, owner]))
  const stuck = new Set<Member>()
  for (const [member, owner] of owners) {
    if (!member) continue
    owner?.send(member)
    if (!member.channel.receive() || member.unanswered > 0) stuck.add(member)
  }
  return stuck
}

/** Whether the worker is with the call, or comes to it, within the limit of the call. */
function runsOn(call: Call, member: Member): boolean {
  if (call.state !== CallState.Sent) return false
  const { timeout } = call.limits
  if (timeout === undefined || !member.hasStarted(call)) return true
  return monotonic() < member.channel.slots.startedAt(call.sequence) + timeout
}
