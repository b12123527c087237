import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const CHAOS = fileURLToPath(new URL('../', import.meta.url))
const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const require = createRequire(import.meta.url)

/** Builds the library and the bodies of the run. */
export function prepare() {
  run([`${ROOT}scripts/build.mjs`], ROOT)
  run([require.resolve('typescript/bin/tsc'), '-p', CHAOS], CHAOS)
}

function run(args, cwd) {
  execFileSync(process.execPath, args, { cwd, stdio: ['ignore', 2, 2] })
}
