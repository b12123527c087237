/** What a worker needs to know about its parent to load modules as the parent does. Plain data, sent at the start. */
import { pathToFileURL } from 'node:url'
import { loadedModules } from '../utils/location'
import { isForeign } from '../utils/realm'

export interface ParentEnvironment {
  readonly testRunner: TestRunner | null
  /** The URL of the program's main script. */
  readonly mainModule: string | null
  /** The folder in which the program was started; null if it had been removed. */
  readonly startFolder: string | null
}

export type TestRunner = 'jest' | 'vitest' | 'mocha' | 'ava' | 'node'

let inherited: ParentEnvironment | null = null
const startFolder = currentFolder()

/** For the workers of this thread. A worker passes on what it was sent itself. */
export function workerEnvironment(): ParentEnvironment {
  if (inherited !== null) return inherited
  const script = process.argv[1]
  const mainModule = script === undefined ? null : pathToFileURL(script).href
  return { testRunner: testRunner(), mainModule, startFolder }
}

/** Whether the runner compiles modules in its own way, so that functions have another text than in workers. */
export function transforms(runner: TestRunner | null): boolean {
  return runner === 'jest' || runner === 'vitest'
}

/** Called in a worker before it loads anything. */
export function inheritEnvironment(environment: ParentEnvironment): void {
  inherited = environment
}

/** Environment variables are not enough: the programs that a test starts inherit them. */
function testRunner(): TestRunner | null {
  if ('__vitest_worker__' in globalThis) return 'vitest'
  if (isForeign && process.env['JEST_WORKER_ID'] !== undefined) return 'jest'
  if ('xspecify' in globalThis || 'suiteTeardown' in globalThis) return 'mocha'
  if (Object.keys(loadedModules()).some((file) => /[\\/]ava[\\/]lib[\\/]worker[\\/]/.test(file))) return 'ava'
  return hasLoadedNodeTest() ? 'node' : null
}

/** True also in a file that runs without `node --test`; false in the programs that a test starts. */
function hasLoadedNodeTest(): boolean {
  const { moduleLoadList } = process as { moduleLoadList?: readonly string[] }
  return moduleLoadList?.includes('NativeModule test') ?? false
}

/** Null if the folder has been removed. */
function currentFolder(): string | null {
  try {
    return process.cwd()
  } catch {
    return null
  }
}
