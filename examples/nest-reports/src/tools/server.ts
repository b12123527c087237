/** Runs the built application as a program of its own, with an empty database. For tests and measurements. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface Server extends AsyncDisposable {
  readonly url: string
  /** The folder of its database. */
  readonly folder: string
}

const PROGRAM = join(__dirname, '../../dist/main.js')
const STOP_WITHIN = 15_000 // ms

export async function startServer(settings: Record<string, string> = {}): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), 'nest-reports-'))
  const { JEST_WORKER_ID: _worker, NODE_ENV: _mode, ...inherited } = process.env
  const env = { ...inherited, PORT: '0', DATA_FOLDER: folder, ...settings }
  const server = spawn(process.execPath, [PROGRAM], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const kill = (): unknown => server.kill('SIGKILL')
  process.once('exit', kill) // a script that fails leaves no server
  const stop = async (): Promise<void> => {
    await end(server)
    process.off('exit', kill)
    await rm(folder, { recursive: true, force: true })
  }
  try {
    return { url: await urlOf(server), folder, [Symbol.asyncDispose]: stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function urlOf(server: ChildProcess): Promise<string> {
  const lines = createInterface({ input: server.stdout! })
  for await (const line of lines) {
    const url = /^Open (\S+)/.exec(line)?.[1]
    if (url === undefined) continue
    server.stdout!.resume() // the log goes on; unread, it would fill the pipe
    return url
  }
  throw new Error('The server has not started.')
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const exit = once(server, 'exit')
  const kill = setTimeout(() => server.kill('SIGKILL'), STOP_WITHIN)
  server.kill('SIGTERM')
  await exit
  clearTimeout(kill)
}
