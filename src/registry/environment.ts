import { pathToFileURL } from 'node:url'
import { isForeign } from '../utils/realm'

/** What a worker has to know of its parent; plain data. */
export interface ParentEnvironment {
  readonly testRunner: 'jest' | 'vitest' | null
  /** The URL of the program's main script. */
  readonly mainModule: string | null
}

export function workerEnvironment(): ParentEnvironment {
  const script = process.argv[1]
  return { testRunner: testRunner(), mainModule: script === undefined ? null : pathToFileURL(script).href }
}

function testRunner(): ParentEnvironment['testRunner'] {
  if (process.env['VITEST'] !== undefined) return 'vitest'
  return isForeign || process.env['JEST_WORKER_ID'] !== undefined ? 'jest' : null
}
