import { runAsTask, type TaskContext } from '../registry/current-task'
import type { ClassRef, MethodKey } from '../registry/keys'
import { Context } from '../utils/async-context'
import type { InitializerCall } from '../wire/messages'
import { unpack } from '../wire/values'
import { resolveClass, resolveMethod } from './resolve'

/** The task of the initializer. It counts as a body: its calls run inline instead of being suspended, and it may take locks. */
export const INITIALIZING: TaskContext = { id: '', signal: new AbortController().signal, report: () => undefined }

/** Runs the pool's initializer in this worker. Resolves to what it returns, rejects with what it throws. */
export async function initialize({ method, args, flags, classes }: InitializerCall): Promise<unknown> {
  const { body, target } = await resolveMethod(method.key as MethodKey, method.cls as ClassRef | null)
  for (const id of classes ?? []) await resolveClass(id)
  const run = (): unknown => Reflect.apply(body, target ?? undefined, unpack(args, flags, {}) as unknown[])
  return new Context().run(() => runAsTask(INITIALIZING, run))
}
