/** Runs programs of fixtures/programs, each in its own Node.js. */
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
  /** The time from the last line of stdout to the exit, in ms. */
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

/** Runs `file` (of fixtures/programs, or an absolute path) to its end. TypeScript runs by tsx. */
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

/** On a busy machine any import may be slow, and the library warns about it. No spec expects that warning. */
function withoutSlowImports(stderr: string): string {
  const warning = /^\(node:\d+\) \[PEBBLE_SLOW_IMPORT\].*\n.*\n(?:\(Use `node --trace-warnings .*\n)?/gm
  return stderr.replace(warning, '')
}

/** Starts a program, kills it by SIGKILL after its first line, and returns that line. */
export async function killProgram(file: string, options: ProgramOptions = {}): Promise<string> {
  const child = start(file, options)
  let stdout = ''
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  await until(() => stdout.includes('\n') || child.exitCode !== null, `the first line of ${file}`)
  child.kill('SIGKILL')
  await until(() => child.exitCode !== null || child.signalCode !== null, `${file} to be killed`)
  return stdout.split('\n')[0] as string
}

/** The last line of the program's output, parsed as JSON. Fails with its stderr if its exit code is not 0. */
export async function resultOf<T = any>(file: string, options?: ProgramOptions): Promise<T> {
  const { exitCode, stdout, stderr } = await runProgram(file, options)
  if (exitCode !== 0) throw new Error(`${file} exited with ${exitCode}\nstdout: ${stdout}\nstderr: ${stderr}`)
  const last = stdout.trimEnd().split('\n').at(-1) as string
  return JSON.parse(last) as T
}

/** tsx searches for a tsconfig.json in the working directory, not in the folder of the program. */
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

/** Without the variables of Jest: the programs are not tests. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const { JEST_WORKER_ID: _worker, NODE_ENV: _mode, ...environment } = process.env
  return environment
}
