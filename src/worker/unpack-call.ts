import type { MethodKey } from '../registry/keys'
import { argsFlags, selfFlags } from '../wire/messages'
import { CODED, unpack, type UnpackContext } from '../wire/values'
import type { CallToRun } from './call-backlog'
import type { Resolved } from './resolve'
import type { RunningTask } from './running-task'
import { reviveSelf } from './self'

const NOTHING_CODED: UnpackContext = {}

/** `this` and the arguments of a call, as the body gets them. */
export function unpackCall(
  call: CallToRun,
  resolved: Resolved,
  task: RunningTask,
): { readonly self: unknown; readonly args: unknown[] } {
  const { extra, flags } = call
  const forSelf = selfFlags(flags)
  const forArgs = argsFlags(flags)
  const coded = ((forSelf | forArgs) & CODED) !== 0
  const context = coded ? { signals: task.signals() } : NOTHING_CODED
  const self = reviveSelf(resolved, {
    state: unpack(call.self, forSelf, context),
    custom: extra?.custom ?? false,
    absent: extra?.absent,
    key: call.method.definition.key as MethodKey,
  })
  return { self, args: unpack(call.args, forArgs, context) as unknown[] }
}
