/** Redis and PostgreSQL servers of one spec, which it may stop, kill and start again. */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { appendFileSync, chownSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runMigrations } from 'bullmq'
import { Client } from 'pg'
import { until } from '../../support/until'

const PG_BIN = '/usr/lib/postgresql/15/bin'
const started = new Set<Engine>()

/** Ends what the spec has started. */
export async function endEngines(): Promise<void> {
  for (const engine of started) await engine.end()
  started.clear()
}

/** A server. Its folder stays when it is killed. */
export abstract class Engine {
  abstract readonly kind: 'redis' | 'postgres'
  abstract readonly url: string
  protected readonly folder = mkdtempSync(join(tmpdir(), 'pebble-engine-'))
  protected child: ChildProcess | undefined

  constructor() {
    started.add(this)
  }

  abstract start(): Promise<void>

  get pid(): number {
    return this.child?.pid as number
  }

  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal)
  }

  /** Kills it. */
  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.ended()
  }

  async end(): Promise<void> {
    this.signal('SIGCONT')
    this.signal(this.kind === 'redis' ? 'SIGKILL' : 'SIGQUIT')
    await this.ended()
    rmSync(this.folder, { recursive: true, force: true })
  }

  protected async ended(): Promise<void> {
    const { child } = this
    if (child) await until(() => child.exitCode !== null || child.signalCode !== null, 'the engine to end')
  }
}

/** Where a server listens. */
interface Place {
  readonly host: string
  /** What comes before its command: that of a network namespace. */
  readonly prefix: readonly string[]
  /** The addresses that may connect, if it is not this machine only. */
  readonly network?: string
}

const HERE: Place = { host: '127.0.0.1', prefix: [] }

export class RedisServer extends Engine {
  readonly kind = 'redis'
  readonly url: string
  readonly #port: number
  readonly #options: readonly string[]
  readonly #place: Place

  constructor(port: number, options: readonly string[] = [], place = HERE) {
    super()
    this.#port = port
    this.#place = place
    this.#options = options
    this.url = `redis://${place.host}:${port}`
  }

  async start(): Promise<void> {
    const { host, prefix } = this.#place
    const args = ['--port', String(this.#port), '--bind', host, '--dir', this.folder, '--save', '']
    const [program, ...rest] = [...prefix, 'redis-server', ...args, '--protected-mode', 'no', ...this.#options]
    this.child = spawn(program as string, rest, { stdio: 'ignore' })
    await until(() => this.#answers(), 'Redis to listen')
  }

  #answers(): boolean {
    const { host, prefix } = this.#place
    const [program, ...rest] = [...prefix, 'redis-cli', '-h', host, '-p', String(this.#port), 'ping']
    return spawnSync(program, rest, { encoding: 'utf8' }).stdout !== '' // it may be loading its log
  }
}

export class PostgresServer extends Engine {
  readonly kind = 'postgres'
  readonly url: string
  readonly #port: number
  readonly #place: Place

  constructor(port: number, place = HERE) {
    super()
    this.#port = port
    this.#place = place
    this.url = `postgres://postgres@${place.host}:${port}/postgres`
    chownSync(this.folder, user('-u'), user('-g'))
    const options = ['-D', `${this.folder}/data`, '-A', 'trust', '-U', 'postgres', '--no-sync']
    execFileSync(join(PG_BIN, 'initdb'), options, {
      uid: user('-u'),
      gid: user('-g'),
      stdio: 'ignore',
      cwd: this.folder,
    })
    appendFileSync(`${this.folder}/data/pg_hba.conf`, `host all all ${place.network ?? '127.0.0.1/32'} trust\n`)
  }

  async start(): Promise<void> {
    const { host, prefix } = this.#place
    const as = ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', '--'] // it refuses root
    const options = ['-D', `${this.folder}/data`, '-p', String(this.#port), '-h', host, '-k', this.folder]
    // The process dies here, never the machine. A start would write all files to the disk, which may take seconds.
    const settings = ['-c', 'max_connections=200', '-c', 'fsync=off']
    const all = [...prefix, ...as, join(PG_BIN, 'postgres'), ...options, ...settings]
    this.child = spawn(all[0] as string, all.slice(1), { cwd: this.folder, stdio: 'ignore' })
    await until(() => this.#answers(), 'PostgreSQL to answer')
  }

  /** As `pg_ctl stop -m immediate`: no checkpoint, no goodbye. After a SIGKILL, its own processes would stay for a while. */
  override async kill(): Promise<void> {
    this.signal('SIGQUIT')
    await this.ended()
  }

  /** Makes the tables of BullMQ. */
  async migrate(): Promise<void> {
    const client = new Client({ connectionString: this.url })
    await client.connect()
    await runMigrations(client, 'bullmq')
    await client.query('ALTER ROLE postgres SET search_path = bullmq')
    await client.end()
  }

  query(sql: string): string {
    const { host, prefix } = this.#place
    const options = ['-h', host, '-p', String(this.#port), '-U', 'postgres', '-Atc', sql]
    const all = [...prefix, join(PG_BIN, 'psql'), ...options]
    return execFileSync(all[0] as string, all.slice(1), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  }

  #answers(): boolean {
    try {
      return this.query('SELECT 1') !== ''
    } catch {
      return false
    }
  }
}

const user = (what: '-u' | '-g'): number => Number(execFileSync('id', [what, 'postgres'], { encoding: 'utf8' }))

/** A port that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

export async function startRedis(...options: string[]): Promise<RedisServer> {
  const redis = new RedisServer(await freePort(), options)
  await redis.start()
  return redis
}

export async function startPostgres(): Promise<PostgresServer> {
  const postgres = new PostgresServer(await freePort())
  await postgres.start()
  await postgres.migrate()
  return postgres
}
