/**
 * The ES modules of this package import its CommonJS half. esbuild, where it writes ES modules, puts a `require` into that
 * half that fails: `Dynamic require of "node:…" is not supported`. This module runs before, and says what to do.
 */
const { url } = import.meta as { url?: string }

/** True. Who imports this module has to read it, or bundlers leave the module out. */
export const loadable: boolean = url === undefined || url.endsWith('/loadable.mjs') || canRequire() || refuse(url)

function canRequire(): boolean {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    require('node:path')
    return true
  } catch (error) {
    return error instanceof ReferenceError // no `require` was put in: this bundler has none of ours left
  }
}

function refuse(bundle: string): never {
  throw new Error(
    `pebble-ts is bundled into ${bundle}, an ES module without \`require\`. Keep the library out of the bundle: ` +
      'mark `pebble-ts` external. Or give the bundle a `require` (docs/bundling.md).',
  )
}
