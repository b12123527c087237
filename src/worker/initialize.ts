import { runAsTask, type TaskContext } from '../registry/current-task'
import type { ClassRef, MethodKey } from '../registry/keys'
import { Context } from '../utils/async-context'
import type { InitializerCall } from '../wire/messages'
import { unpack } from '../wire/values'
import { resolveClass, resolveMethod } from './resolve'

/** It is a body as well: calls that it makes are its own, and not those of module code; it may take locks. */
export const INITIALIZING: TaskContext = { id: '', signal: new AbortController().signal, report: () => undefined }

/** Runs the pool's initializer in this worker. Resolves to what it gives, rejects with what it throws. */
export async function initialize({ method, args, flags, classes }: InitializerCall): Promise<unknown> {
  const { body, target } = await resolveMethod(method.key as MethodKey, method.cls as ClassRef | null)
  for (const id of classes ?? []) await resolveClass(id)
  const run = (): unknown => Reflect.apply(body, target ?? undefined, unpack(args, flags, {}) as unknown[])
  return new Context().run(() => runAsTask(INITIALIZING, run))
}
