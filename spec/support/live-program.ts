/** Programs of fixtures/programs that run while a spec reads their output and sends them signals. */
import { spawn, type ChildProcess } from 'node:child_process'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { settled, until } from './until'

const FOLDER = join(__dirname, '..', 'fixtures', 'programs')
const TSX = pathToFileURL(require.resolve('tsx')).href
const running = new Set<ChildProcess>()

afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
  running.clear()
})

export class LiveProgram {
  readonly #child: ChildProcess
  readonly #ended: Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }>
  stdout = ''
  stderr = ''

  /** Starts a program of fixtures/programs, or an absolute path. TypeScript runs by tsx. */
  constructor(file: string, args: readonly string[] = [], execArgv: readonly string[] = []) {
    const path = file.startsWith('/') ? file : join(FOLDER, file)
    const loader = /\.[cm]?ts$/.test(path) ? ['--import', TSX] : []
    const { JEST_WORKER_ID: _worker, NODE_ENV: _mode, ...env } = process.env
    const child = spawn(process.execPath, [...loader, ...execArgv, path, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: dirname(path), // tsx compiles by the tsconfig.json from there upwards
      env,
    })
    running.add(child)
    this.#child = child
    child.stdout.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()))
    this.#ended = new Promise((resolve) => child.on('close', (exitCode, signal) => resolve({ exitCode, signal })))
  }

  get lines(): string[] {
    return this.stdout.split('\n').slice(0, -1)
  }

  /** Waits until the program has printed the line `times` times. */
  async printed(line: string, times = 1): Promise<void> {
    const ended = (): boolean => this.#child.exitCode !== null || this.#child.signalCode !== null
    await until(() => this.#count(line) >= times || ended(), `the program to print '${line}'`)
    if (this.#count(line) < times)
      throw new Error(`The program ended without '${line}':\n${this.stdout}\n${this.stderr}`)
  }

  /** Waits for a text on stderr. */
  async warned(text: string): Promise<void> {
    await until(() => this.stderr.includes(text), `the program to warn '${text}'`)
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Waits for the program to end. */
  end(): Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }> {
    return settled(this.#ended, `the program to end\n${this.stdout}\n${this.stderr}`)
  }

  #count(line: string): number {
    return this.lines.filter((each) => each === line).length
  }
}
