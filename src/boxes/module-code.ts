import { role } from '../registry/role'

/**
 * Whether this is a worker that imports the module: the pools that module code makes there are the program's to run.
 */
export function isModuleCode(): boolean {
  return role.worker?.insideBody() === false
}

/** Module code of a worker comes as far as to where it waits for a pool. */
export function park(pool: object): Promise<never> {
  const never = new Promise<never>(() => undefined)
  role.worker?.park(pool, never)
  return never
}
