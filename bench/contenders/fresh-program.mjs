import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const PROGRAM = fileURLToPath(new URL('../harness/first-call.mjs', import.meta.url))

/** Runs the first call of the contender `module` in a program of its own. */
export function open({ module, ...options }) {
  return {
    run: async () => {
      const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, JSON.stringify({ module, options })])
      return JSON.parse(stdout.trim().split('\n').at(-1))
    },
    close: () => undefined,
  }
}
