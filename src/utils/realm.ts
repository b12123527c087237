/**
 * The JavaScript realm in which this module runs. Test runners evaluate modules in a `node:vm` context, which has
 * another `Object` than the program around it. What arrives from a worker is always created in the realm of the
 * program.
 */
import { runInThisContext } from 'node:vm'

/** The global object of the realm of the program, which is that of Node.js itself. */
export const host = runInThisContext('globalThis') as typeof globalThis

/** True in a `node:vm` context, such as the sandbox of Jest. */
export const isForeign: boolean = host.Object !== Object
