import { runAsTask, type TaskContext } from '../registry/current-task'
import type { ClassRef, MethodKey } from '../registry/keys'
import type { InitializerCall } from '../wire/messages'
import { unpack } from '../wire/values'
import { resolveClass, resolveMethod } from './resolve'

/**
 * Runs the pool's initializer in this worker, as a body: decorated calls in it run inline, and it may take locks.
 * Resolves to what it gives, rejects with what it throws.
 */
export async function initialize({ method, args, flags, classes }: InitializerCall): Promise<unknown> {
  const { body, target } = await resolveMethod(method.key as MethodKey, method.cls as ClassRef | null)
  for (const id of classes ?? []) await resolveClass(id)
  const task: TaskContext = { id: 'initializer', signal: new AbortController().signal, report: () => undefined }
  return runAsTask(
    task,
    () => Reflect.apply(body, target ?? undefined, unpack(args, flags, {}) as unknown[]) as unknown,
  )
}
