import { runInThisContext } from 'node:vm'
import type { Tinypool } from 'tinypool' with { 'resolution-mode': 'import' }
import { isBundled, ownFile } from '../utils/location'
import { isForeign } from '../utils/realm'
import { BundlePool } from './bundle'

import type * as Host from './tinypool-host'

/**
 * Loads tinypool, at the first worker. A test runner's sandbox cannot load an ES module: there the host's own `require`
 * does, so that the pool lives outside the sandbox. In a bundle tinypool cannot find its own worker file.
 */
export async function loadTinypool(): Promise<typeof Tinypool> {
  if (isBundled) return BundlePool as unknown as typeof Tinypool
  const host = isForeign ? hostRequire('./tinypool-host') : await import('./tinypool-host.js')
  return host.load()
}

function hostRequire(id: string): typeof Host {
  const hostProcess = runInThisContext('process') as NodeJS.Process
  const { createRequire } = hostProcess.getBuiltinModule('node:module')
  return createRequire(ownFile('channel', 'tinypool.js'))(id) as typeof Host
}
