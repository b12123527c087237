/** The root folder of this program. On all machines, the names of modules are relative to it. */
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { workerEnvironment } from '../registry/environment'
import { folderUrl, packageRoot, rootUrl, setRoot } from '../utils/portable-names'

/**
 * Sets the root folder. Default: the folder of the nearest `package.json` at or above the main module.
 *
 * @throws {TypeError} the program has another one already
 */
export function useRoot(given: string | URL | undefined): string {
  const known = rootUrl()
  if (given === undefined && known !== undefined) return known
  const url = folderUrl(given === undefined ? defaultRoot() : pathOf(given))
  if (known !== undefined && known !== url) {
    throw new TypeError(
      `Expected one \`root\` for all pools and workers of a program, got \`${pathOf(url)}\` after \`${pathOf(known)}\``,
    )
  }
  setRoot(url)
  return url
}

const pathOf = (given: string | URL): string =>
  typeof given === 'string' && !given.startsWith('file:') ? given : fileURLToPath(given)

function defaultRoot(): string {
  const { mainModule } = workerEnvironment()
  return packageRoot(mainModule?.startsWith('file:') ? dirname(fileURLToPath(mainModule)) : process.cwd())
}
