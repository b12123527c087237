/** A worker machine: here a process in a folder of its own, with its own copy of the code. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const HOME = join(__dirname, '..')

export class Machine {
  readonly #folder: string
  #child: ChildProcess | undefined

  constructor(
    readonly name: string,
    root: string,
  ) {
    this.#folder = join(root, name)
    mkdirSync(this.#folder, { recursive: true })
    cpSync(join(HOME, 'package.json'), join(this.#folder, 'package.json'))
    symlinkSync(join(HOME, 'node_modules'), join(this.#folder, 'node_modules'))
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Copies the code. A deploy changes a line of it. */
  deploy(edition = 'first edition'): void {
    mkdirSync(join(this.#folder, 'dist'), { recursive: true })
    const code = readFileSync(join(HOME, 'dist', 'reports.js'), 'utf8')
    writeFileSync(join(this.#folder, 'dist', 'reports.js'), code.replace('first edition', edition))
  }

  /** As on a real machine: `npx pebble-ts work dist/reports.js --queue … --processes 2`. */
  async start(queue: string, connection: string): Promise<void> {
    const cli = join(dirname(require.resolve('pebble-ts/package.json')), 'dist', 'cli.js')
    const args = ['work', 'dist/reports.js', '--queue', queue, '--processes', '2', '--lease', '5000']
    const env = { ...process.env, PEBBLE_CONNECTION: connection }
    const child = spawn(process.execPath, [cli, ...args], {
      cwd: this.#folder,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#child = child
    await once(child.stdout, 'data') // its first line says that it is ready
  }

  /** The whole machine is gone, without a word. */
  async kill(): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  /** Running bodies end first. Returns the exit code. */
  async drain(): Promise<number | null> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return null
    child.kill('SIGTERM')
    const [exitCode] = (await once(child, 'exit')) as [number | null]
    return exitCode
  }
}
