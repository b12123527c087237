/**
 * A Redis and a PostgreSQL of a spec file's own, in a folder of their own, on free ports. They end with the file: after its
 * specs, and if its process is killed. `PEBBLE_REDIS_URL` and `PEBBLE_PG_URL` name others instead.
 *
 * Where an engine is not installed, its specs are skipped. With `PEBBLE_ENGINES=required` they fail.
 */
import { chmodSync, existsSync, rmSync } from 'node:fs'
import { emptyFolder, freePort, onPath, startServer, whenExited, type Server } from './server-process'
import { newCluster, postgresBinaries, postgresUser } from './postgres-files'

export type EngineName = 'redis' | 'postgres'
export const ENGINES = ['redis', 'postgres'] as const

/** A running engine. */
export interface Engine {
  readonly url: string
  /** `undefined`: it is not ours. */
  readonly server?: Server
  stop(): Promise<void>
}

const urls = { redis: process.env['PEBBLE_REDIS_URL'], postgres: process.env['PEBBLE_PG_URL'] }
const starters = { redis: startRedis, postgres: startPostgres }

/** Whether the engine can be started here, or runs already. */
export function isInstalled(name: EngineName): boolean {
  if (urls[name]) return true
  return name === 'redis' ? onPath('redis-server') !== undefined : postgresBinaries() !== undefined
}

/** Starts an engine, or returns the one that runs already. */
export async function startEngine(name: EngineName): Promise<Engine> {
  const url = urls[name]
  return url ? { url, stop: async () => undefined } : await starters[name]()
}

/** Runs a suite on an engine, which all its specs share. */
export function describeWithEngine(name: EngineName, suite: (engine: () => Engine) => void): void {
  const required = process.env['PEBBLE_ENGINES'] === 'required'
  if (!isInstalled(name) && !required) {
    describe(`on ${name}`, () => {
      test.skip(`left out: ${name === 'redis' ? 'redis-server' : 'PostgreSQL'} is not installed`, () => undefined)
    })
    return
  }
  describe(`on ${name}`, () => {
    let engine: Engine | undefined
    beforeAll(async () => {
      engine = await startEngine(name)
    })
    suite(() => engine as Engine)
    afterAll(() => engine?.stop()) // after what the suite has opened
  })
}

let queues = 0

/** A name that no other spec uses. */
export const queueName = (what = 'spec'): string => `${what}-${process.pid}-${Date.now().toString(36)}-${++queues}`

async function startRedis(): Promise<Engine> {
  const folder = emptyFolder('pebble-redis-')
  const port = await freePort()
  const settings = { '--port': `${port}`, '--bind': '127.0.0.1', '--dir': folder, '--save': '', '--appendonly': 'yes' }
  const server = await startServer({
    command: onPath('redis-server') ?? 'redis-server',
    args: [...Object.entries(settings).flat(), '--maxmemory-policy', 'noeviction'],
    ready: /Ready to accept connections/,
    folder,
  })
  return { url: `redis://127.0.0.1:${port}`, server, stop: () => stopServer(server, 'SIGTERM') }
}

async function startPostgres(): Promise<Engine> {
  const binaries = postgresBinaries()
  if (binaries === undefined) throw new Error('PostgreSQL is not installed.')
  const folder = emptyFolder('pebble-postgres-')
  chmodSync(folder, 0o755)
  const user = postgresUser()
  const data = await newCluster(binaries, folder, user)
  const port = await freePort()
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: folder,
    fsync: 'off',
    max_connections: '200',
  }
  const server = await startServer({
    command: `${binaries}/postgres`,
    args: [
      '-D',
      data,
      '-p',
      `${port}`,
      ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
    ],
    ready: /ready to accept connections/,
    folder,
    user,
  })
  return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, server, stop: () => stopServer(server, 'SIGQUIT') }
}

async function stopServer(server: Server, signal: NodeJS.Signals): Promise<void> {
  server.child.kill(signal)
  await whenExited(server.child)
  if (existsSync(server.folder)) rmSync(server.folder, { recursive: true, force: true })
}
