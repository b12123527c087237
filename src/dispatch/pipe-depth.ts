import { SLOTS } from '../wire/messages'
import type { Call } from './call'
import type { Crew } from './crew'
import type { Member } from './member'

/**
 * How much is sent to a worker ahead of what it runs. Short calls fill the pipe, so that neither side waits for the
 * other; long or unknown ones are sent one at a time, so that none waits behind a slow one while another worker idles.
 */

/** Calls in a pipe at the most. */
const DEEPEST = SLOTS / 2
/** Work that may wait in a pipe, in ms. */
const AHEAD = 1
/** Bodies below this, in ms, always have their successor with them: the round trip is no pause. */
const WORTH_ONE_AHEAD = 5

/**
 * A worker for the call: an idle one, a new one, or the least loaded whose pipe has room for it.
 *
 * @param only those that can run it, where no other can
 */
export function memberFor(call: Call, crew: Crew, concurrency: number, only?: ReadonlySet<Member>): Member | undefined {
  let best: Member | undefined
  for (const member of crew.members) {
    if (!crew.mayServe(member) || (only && !only.has(member))) continue
    if (member.inFlight === 0) return member
    if (!hasRoom(member, call, concurrency)) continue
    if (!best || member.load < best.load) best = member
  }
  return only ? best : (crew.grow() ?? best)
}

/** A limit passed: the next calls of this method are sent one at a time. */
export function bodyTakesLong(call: Call): void {
  call.payload.method.expected = Math.max(call.limits.timeout ?? 0, WORTH_ONE_AHEAD)
}

function hasRoom(member: Member, call: Call, concurrency: number): boolean {
  if (member.inFlight >= SLOTS) return false // whatever the concurrency: the call would find no slot
  if (member.inFlight < concurrency) return true
  if (!member.alive || member.stalled) return false
  const { method, transfer } = call.payload
  const { expected } = method
  if (transfer) return false // what it moves cannot be sent again
  if (member.inFlight >= DEEPEST || expected > WORTH_ONE_AHEAD) return false
  return member.inFlight === concurrency || member.load + expected <= AHEAD * concurrency
}
