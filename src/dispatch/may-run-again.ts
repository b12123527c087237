import type { Call } from './call'
import { FAILED_LOADS } from './endings'
import type { Member } from './member'

/** Whether a call whose worker has ended never started, and may be tried once more. */
export function mayRunAgain(member: Member, call: Call): boolean {
  if (member.isLoading(call)) call.failedLoads += 1
  return !member.hasStarted(call) && !call.moved && call.failedLoads < FAILED_LOADS
}
