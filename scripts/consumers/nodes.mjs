/** Which versions of Node.js run a consumer. */
import { versions } from '../node-versions.mjs'

/** The one that runs this script. */
export const OWN = 'own'
export const NEWER = versions
