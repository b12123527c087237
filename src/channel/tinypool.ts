import { runInThisContext } from 'node:vm'
import type { Tinypool } from 'tinypool' with { 'resolution-mode': 'import' }
import { isBundled, ownFile } from '../utils/location'
import { isForeign } from '../utils/realm'
import { BundlePool } from './bundle'

/**
 * Loads tinypool when the first worker starts. It is an ES module, which the sandbox of a test runner cannot import
 * without a flag (https://github.com/nodejs/node/pull/50137). There, the `require` outside the sandbox loads this file
 * once more, and that copy imports tinypool. In a bundle, tinypool could not find its own worker file.
 */
export async function loadTinypool(): Promise<typeof Tinypool> {
  if (isBundled) return BundlePool as unknown as typeof Tinypool
  return isForeign ? outsideSandbox().loadTinypool() : (await import('tinypool')).Tinypool
}

function outsideSandbox(): { loadTinypool: typeof loadTinypool } {
  const hostProcess = runInThisContext('process') as NodeJS.Process
  const { createRequire } = hostProcess.getBuiltinModule('node:module')
  const file = ownFile('channel', 'tinypool.js')
  return createRequire(file)(file) as { loadTinypool: typeof loadTinypool }
}
