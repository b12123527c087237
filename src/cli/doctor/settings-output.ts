/** Checks of compiled modules and bundles: their text, and what their import has shown. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, resolve, sep } from 'node:path'
import { packageFolder } from '../../utils/location'
import { error, note, warning, type Finding } from './report'
import type { Setup } from './setup'
import { hasDecorators } from './settings-typescript'
import { hasModuleSyntax } from './target'

/** What the import threw, if it threw. */
function importError({ findings }: Setup): string {
  return findings.find(({ code }) => code === 'import-error')?.message ?? ''
}

/** No version of Node.js parses decorators. */
export function uncompiled(setup: Setup): Finding | undefined {
  if (!/SyntaxError: Invalid or unexpected token/.test(importError(setup))) return undefined
  if (!hasDecorators(setup.target.source)) return undefined
  return error(
    'decorators-not-compiled',
    'The file still contains decorators, which Node.js cannot parse. Set the target of the compiler or bundler to ES2022 (esbuild: --target=es2022).',
  )
}

export function formatMismatch(setup: Setup): Finding | undefined {
  const thrown = importError(setup)
  const { target } = setup
  if (/Cannot use import statement outside a module|Unexpected token 'export'/.test(thrown)) {
    return error(
      'format-mismatch',
      `${basename(target.file)} has the syntax of an ES module, and Node.js loads it as CommonJS. Set "type": "module" in its package.json, name it .mjs, or compile it to CommonJS.`,
    )
  }
  if (!/(exports|module|require|__dirname|__filename) is not defined/.test(thrown)) return undefined
  if (target.ref.format !== 'esm' || hasModuleSyntax(target.source)) return undefined
  return error(
    'format-mismatch',
    `${basename(target.file)} is CommonJS, and Node.js loads it as an ES module. Remove "type": "module" from its package.json, name it .cjs, or compile it to ES modules.`,
  )
}

/** Helpers and comments that compilers and bundlers write. */
const COMPILED =
  /\b__(?:decorate|esDecorate|runInitializers|decorateClass|decorateElement|name|toESM|toCommonJS|export|require)\b|_apply_decs_|\b_ts_decorate|"__esModule"/

export function missingSourceMap({ target }: Setup): Finding | undefined {
  if (!COMPILED.test(target.source)) return undefined
  const named = /\/\/[#@] sourceMappingURL=(\S+)\s*$/m.exec(target.source)?.[1]
  if (named !== undefined && (named.startsWith('data:') || existsSync(resolve(dirname(target.file), named)))) return
  const what = named === undefined ? 'has no source map' : `names the source map ${named}, which does not exist`
  return note(
    'source-map-missing',
    `${basename(target.file)} ${what}: the stacks of errors show the compiled lines. Set "sourceMap": true (esbuild: --sourcemap).`,
  )
}

/** The longest name that a minifier gives to a class. */
const MINIFIED = 2

export function minifiedNames({ methods }: Setup): Finding | undefined {
  const names = [...new Set(methods.flatMap((method) => (method.class === null ? [] : [method.class])))]
  const short = names.filter((name) => name.length <= MINIFIED)
  if (short.length === 0) return undefined
  const shown = short.map((name) => (name === '' ? '(none)' : `\`${name}\``)).join(', ')
  return warning(
    'class-names-minified',
    `Classes have names of a minifier (${shown}). Workers find their methods, but messages, loggers and subclasses without decorators go by the name. Keep names (esbuild: --keep-names).`,
  )
}

/** A text of `registry/copies.ts` that no minifier changes. */
const LIBRARY = /['"`]pebble-ts\.copies['"`]/

export function bundledLibrary({ target }: Setup): Finding | undefined {
  if (!LIBRARY.test(target.source)) return undefined
  return note(
    'library-bundled',
    `${basename(target.file)} contains pebble-ts. The doctor used its own copy of the library: whether workers start from the bundle was not checked. See docs/bundling.md.`,
  )
}

/** `npx` may have fetched another version than the one that the module imports. */
export function libraryCopies({ target }: Setup): Finding | undefined {
  const own = packageFolder
  try {
    const file = createRequire(target.file).resolve('pebble-ts/package.json')
    if (LIBRARY.test(target.source) || dirname(file) === own || file.startsWith(own + sep)) return undefined
    const theirs = createRequire(target.file)(file) as { version: string }
    const ours = createRequire(__filename)(`${own}/package.json`) as { version: string }
    return warning(
      'other-copy',
      `The module imports pebble-ts ${theirs.version} of ${dirname(file)}, and the doctor is pebble-ts ${ours.version} of ${own}. Run the doctor of that copy.`,
    )
  } catch {
    return undefined // not installed there: a bundle contains it
  }
}
