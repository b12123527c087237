/** A Redis of a spec file's own, on a free port. Where it is not installed, its specs are skipped. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from './until'

export interface Engine {
  readonly url: string
  stop(): Promise<void>
}

/** Runs a suite on an engine, which all its specs share. */
export function describeWithEngine(name: 'redis', suite: (engine: () => Engine) => void): void {
  if (spawnSync('redis-server', ['--version']).status !== 0) {
    test.skip(`left out: ${name}-server is not installed`, () => undefined)
    return
  }
  let engine: Engine
  beforeAll(async () => {
    engine = await startRedis()
  })
  afterAll(() => engine.stop())
  suite(() => engine)
}

let queues = 0

/** A name that no other spec uses. */
export const queueName = (what = 'spec'): string => `${what}-${process.pid}-${Date.now().toString(36)}-${++queues}`

async function startRedis(): Promise<Engine> {
  const folder = mkdtempSync(join(tmpdir(), 'pebble-redis-'))
  const port = await freePort()
  const server = spawn('redis-server', ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', ''])
  let log = ''
  server.stdout.on('data', (text: Buffer) => (log += text.toString()))
  await until(() => log.includes('Ready to accept connections'), 'Redis to be ready')
  return { url: `redis://127.0.0.1:${port}`, stop: () => stopServer(server, folder) }
}

async function stopServer(server: ChildProcess, folder: string): Promise<void> {
  server.kill('SIGTERM')
  await until(() => server.exitCode !== null || server.signalCode !== null, 'Redis to end')
  rmSync(folder, { recursive: true, force: true })
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
