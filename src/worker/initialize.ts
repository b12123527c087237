import type { ClassRef, MethodKey } from '../registry/keys'
import type { InitializerCall } from '../wire/messages'
import { unpack } from '../wire/values'
import { resolveClass, resolveMethod } from './resolve'

/** Runs the pool's initializer in this worker. Rejects with what it throws. */
export async function initialize({ method, args, flags, classes }: InitializerCall): Promise<void> {
  const { body, target } = await resolveMethod(method.key as MethodKey, method.cls as ClassRef | null)
  for (const id of classes ?? []) await resolveClass(id)
  await Reflect.apply(body, target ?? undefined, unpack(args, flags, {}) as unknown[])
}
