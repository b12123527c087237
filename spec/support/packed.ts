/** The package as users get it: packed, and installed into a folder together with the small apps of spec/consumers. */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const ROOT = join(__dirname, '..', '..')
/** The tools that build and test the apps. They are linked, because installing them again would take a minute. */
const TOOLS = ['typescript', 'tsx', 'jest', 'ts-jest', '@types/node', '@types/jest']

export interface Consumers {
  /** The folder of an app. */
  app(name: string): string
  /** Runs Node.js in the folder of an app. @throws with all output if it fails */
  node(name: string, ...args: string[]): string
  /** The path of a file of a tool. */
  tool(path: string): string
  remove(): void
}

export function installConsumers(): Consumers {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'pebble-consumers-')))
  const tarball = run('npm', ['pack', '--silent', '--pack-destination', folder], ROOT)
    .trim()
    .split('\n')
    .at(-1) as string
  for (const app of apps()) cpSync(join(ROOT, 'spec', 'consumers', app), join(folder, app), { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "name": "consumers", "private": true }')
  run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--silent', join(folder, tarball)], folder)
  for (const tool of TOOLS) {
    const link = join(folder, 'node_modules', tool)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules', tool), link)
  }
  return {
    app: (name) => join(folder, name),
    node: (name, ...args) => run(process.execPath, args, join(folder, name)),
    tool: (path) => join(folder, 'node_modules', path),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** The names of the apps, without those of `npm run consumers`. */
export const apps = (): string[] => readdirSync(join(ROOT, 'spec', 'consumers')).filter((name) => name !== 'matrix')

function run(command: string, args: string[], cwd: string): string {
  const { JEST_WORKER_ID: _worker, NODE_ENV: _mode, ...env } = process.env
  const { status, signal, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    env,
    encoding: 'utf8',
    timeout: 120_000,
  })
  if (error) throw error
  if (status === 0) return stdout
  throw new Error(`${command} ${args.join(' ')} ended with ${signal ?? status}\n${stdout}\n${stderr}`)
}
