/**
 * Which JavaScript realm this module runs in. Test runners evaluate modules in a `node:vm` context, whose `Object` is
 * not the one of the program around it; what crosses a worker's boundary is always made in the latter.
 */
import { runInThisContext } from 'node:vm'

/** The global object of the realm Node.js itself lives in. */
export const host = runInThisContext('globalThis') as typeof globalThis

/** True inside a `node:vm` context, such as Jest's sandbox. */
export const isForeign: boolean = host.Object !== Object
