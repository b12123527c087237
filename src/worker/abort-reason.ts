import { unpack, type Packed } from '../wire/values'
import { resolveClass } from './resolve'

/** Aborts with a reason that the parent has packed, in this turn unless a class of the reason has to be loaded first. */
export async function abortFor(packed: Packed, abort: (reason: unknown) => void): Promise<void> {
  for (const id of packed.classes ?? []) await resolveClass(id).catch(() => undefined) // reading the reason says so
  abort(read(packed))
}

function read({ data, flags }: Packed): unknown {
  try {
    return unpack(data, flags, {})
  } catch (error) {
    return error
  }
}
