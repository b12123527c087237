import type { Tinypool } from 'tinypool' with { 'resolution-mode': 'import' }
import { isBundled, ownFile } from '../utils/location'
import { host } from '../utils/realm'
import { BundlePool } from './bundle'

/**
 * Loads tinypool when the first thread starts, from a file of its own: the sandbox of a test runner takes the copy of the
 * program around it. In a bundle, tinypool could not find its worker file.
 */
export function loadTinypool(): typeof Tinypool {
  if (isBundled) return BundlePool as unknown as typeof Tinypool
  const { createRequire } = host.process.getBuiltinModule('node:module')
  const file = ownFile('tinypool', 'index.js')
  return (createRequire(file)(file) as { Tinypool: typeof Tinypool }).Tinypool
}
