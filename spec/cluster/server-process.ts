/** Starts servers whose processes do not outlive the spec that needs them. */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, realpathSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { until } from '../support/until'

export interface User {
  readonly uid?: number
  readonly gid?: number
}

export interface Server {
  readonly child: ChildProcess
  readonly pid: number
  readonly folder: string
}

interface Command {
  readonly command: string
  readonly args: readonly string[]
  /** What it prints once it answers. */
  readonly ready: RegExp
  /** Its files; removed with it. */
  readonly folder: string
  readonly user?: User
}

/** Starts a server, and resolves once it answers. */
export async function startServer({ command, args, ready, folder, user }: Command): Promise<Server> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: folder, ...user })
  let [output, failed] = ['', false]
  const read = (chunk: Buffer): void => void (output += chunk.toString())
  child.stdout.on('data', read)
  child.stderr.on('data', read)
  child.on('error', (error) => {
    failed = true
    output += String(error)
  })
  await until(() => ready.test(output) || failed || hasExited(child), `${command} to answer`)
  if (!ready.test(output)) throw new Error(`${command} did not start:\n${output}`)
  for (const stream of [child.stdout, child.stderr]) stream.removeAllListeners('data').resume()
  const pid = child.pid as number
  watch(pid, folder)
  return { child, pid, folder }
}

/** Kills the server and removes its folder once this process is gone, however it ended: then its end of the pipe closes. */
function watch(pid: number, folder: string): void {
  const script = 'read _; kill -9 "$0" 2>/dev/null; sleep 0.1; rm -rf "$1"'
  const watcher = spawn('sh', ['-c', script, `${pid}`, folder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  watcher.unref()
  ;(watcher.stdin as unknown as { unref(): void }).unref()
}

export const hasExited = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

export const whenExited = (child: ChildProcess): Promise<void> =>
  until(() => hasExited(child), `process ${child.pid} to exit`)

export const emptyFolder = (prefix: string): string => realpathSync(mkdtempSync(join(tmpdir(), prefix)))

export function onPath(command: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return [...folders, '/usr/bin', '/usr/local/bin']
    .map((folder) => join(folder, command))
    .find((file) => existsSync(file))
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
