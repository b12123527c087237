/** What a worker has to know of its parent to load modules as the parent does; plain data, sent when the worker starts. */
import { pathToFileURL } from 'node:url'
import { isForeign } from '../utils/realm'

export interface ParentEnvironment {
  readonly testRunner: TestRunner | null
  /** The URL of the program's main script. */
  readonly mainModule: string | null
}

export type TestRunner = 'jest' | 'vitest'

let inherited: ParentEnvironment | null = null

/** For the workers of this thread; a worker's workers are told what it was told. */
export function workerEnvironment(): ParentEnvironment {
  if (inherited !== null) return inherited
  const script = process.argv[1]
  return { testRunner: testRunner(), mainModule: script === undefined ? null : pathToFileURL(script).href }
}

/** In a worker, before it loads anything. */
export function inheritEnvironment(environment: ParentEnvironment): void {
  inherited = environment
}

/** Not by the environment's variables alone: programs that a test starts inherit them. */
function testRunner(): TestRunner | null {
  if ('__vitest_worker__' in globalThis) return 'vitest'
  return isForeign && process.env['JEST_WORKER_ID'] !== undefined ? 'jest' : null
}
