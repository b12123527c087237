import { role } from '../registry/role'

/** Module code of a worker comes as far as to where it waits for a pool, which is the program's to run. */
export function suspendForPool(pool: object): Promise<never> {
  const never = new Promise<never>(() => undefined)
  role.worker?.suspend(pool, never)
  return never
}
