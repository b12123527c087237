/**
 * The ES modules of this package import its CommonJS half. A bundler that writes ES modules (esbuild, `--format=esm`) leaves
 * a `require` in that half that does not exist: it fails with `Dynamic require of "node:…" is not supported`. This module runs
 * before, and says what to do.
 */
const isBundled = typeof import.meta.url === 'string' && !import.meta.url.endsWith('/loadable.mjs')

/** True; whoever imports this module has to read it, or bundlers leave the module out. */
export const loadable: boolean = !isBundled || typeof require === 'function' || refuse()

function refuse(): never {
  throw new Error(
    `pebble-ts is bundled into ${import.meta.url}, an ES module without \`require\`. Keep the library out of the bundle: ` +
      'mark `pebble-ts` external. Or give the bundle a `require` (docs/bundling.md).',
  )
}
