/** Runs programs of fixtures/programs in a Node of their own. */
import { spawn, type ChildProcess } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { settled, until } from './until'

const FOLDER = join(__dirname, '..', 'fixtures', 'programs')
const TSX = pathToFileURL(require.resolve('tsx')).href

export interface Outcome {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  readonly pid: number
  /** ms from the last line of stdout to the exit. */
  readonly afterLastOutput: number
}

export interface ProgramOptions {
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly execArgv?: readonly string[]
  readonly cwd?: string
}

const started = new Set<ChildProcess>()
afterEach(() => {
  for (const child of started) child.kill('SIGKILL')
  started.clear()
})

/** Runs `file` (of fixtures/programs, or an absolute path) to its end. TypeScript goes through tsx. */
export async function runProgram(file: string, options: ProgramOptions = {}): Promise<Outcome> {
  const child = start(file, options)
  let [stdout, stderr, last] = ['', '', performance.now()]
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
    last = performance.now()
  })
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const ended = new Promise<{ exitCode: number | null; signal: NodeJS.Signals | null; afterLastOutput: number }>(
    (resolve, reject) => {
      let exit: { exitCode: number | null; signal: NodeJS.Signals | null; at: number }
      child.on('error', reject)
      child.on('exit', (exitCode, signal) => (exit = { exitCode, signal, at: performance.now() }))
      child.on('close', () => resolve({ ...exit, afterLastOutput: exit.at - last }))
    },
  )
  const { exitCode, signal, afterLastOutput } = await settled(
    ended.then((value) => value),
    `${file} to end`,
    90_000,
  ).catch((error: unknown) => {
    throw new Error(`${String(error)}\nstdout: ${stdout}\nstderr: ${stderr}`, { cause: error })
  })
  return { exitCode, signal, stdout, stderr: withoutSlowImports(stderr), pid: child.pid as number, afterLastOutput }
}

/** On a busy machine any import is slow, and the library tells so: that is not what a spec looks for. */
function withoutSlowImports(stderr: string): string {
  const warning = /^\(node:\d+\) \[PEBBLE_SLOW_IMPORT\].*\n.*\n(?:\(Use `node --trace-warnings .*\n)?/gm
  return stderr.replace(warning, '')
}

/** Starts a program, and kills it without mercy once it has printed its first line, which is given back. */
export async function killProgram(file: string, options: ProgramOptions = {}): Promise<string> {
  const child = start(file, options)
  let stdout = ''
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  await until(() => stdout.includes('\n') || child.exitCode !== null, `the first line of ${file}`)
  child.kill('SIGKILL')
  await until(() => child.exitCode !== null || child.signalCode !== null, `${file} to be killed`)
  return stdout.split('\n')[0] as string
}

/** What the program printed as its last line, as JSON; fails with its stderr where it did not end well. */
export async function resultOf<T = any>(file: string, options?: ProgramOptions): Promise<T> {
  const { exitCode, stdout, stderr } = await runProgram(file, options)
  if (exitCode !== 0) throw new Error(`${file} exited with ${exitCode}\nstdout: ${stdout}\nstderr: ${stderr}`)
  const last = stdout.trimEnd().split('\n').at(-1) as string
  return JSON.parse(last) as T
}

/** tsx looks for a tsconfig.json where the program is started, and not where it is. */
function compilerOptionsFor(path: string): NodeJS.ProcessEnv {
  const file = join(dirname(path), 'tsconfig.json')
  return existsSync(file) ? { TSX_TSCONFIG_PATH: file } : {}
}

function start(file: string, options: ProgramOptions): ChildProcess {
  const path = file.startsWith('/') ? file : join(FOLDER, file)
  const loader = /\.[cm]?ts$/.test(path) ? ['--import', TSX] : []
  const child = spawn(process.execPath, [...loader, ...(options.execArgv ?? []), path, ...(options.args ?? [])], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: options.cwd,
    env: { ...cleanEnvironment(), ...compilerOptionsFor(path), ...options.env },
  })
  started.add(child)
  return child
}

/** Not Jest's: the programs are no tests. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const { JEST_WORKER_ID: _worker, NODE_ENV: _mode, ...environment } = process.env
  return environment
}
