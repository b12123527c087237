/** Redis and PostgreSQL servers of one spec, which it may stop, kill and start again. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { createConnection, createServer, type AddressInfo } from 'node:net'
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

export class RedisServer extends Engine {
  readonly kind = 'redis'
  readonly url: string
  readonly #port: number
  readonly #options: readonly string[]
  readonly #host: string
  readonly #prefix: readonly string[]

  /** @param prefix the program that runs it: a network namespace */
  constructor(port: number, options: readonly string[] = [], host = '127.0.0.1', prefix: readonly string[] = []) {
    super()
    this.#port = port
    this.#host = host
    this.#prefix = prefix
    this.#options = options
    this.url = `redis://${host}:${port}`
  }

  async start(): Promise<void> {
    const args = ['--port', String(this.#port), '--bind', this.#host, '--dir', this.folder, '--save', '']
    const [program, ...rest] = [...this.#prefix, 'redis-server', ...args, '--protected-mode', 'no', ...this.#options]
    this.child = spawn(program as string, rest, { stdio: 'ignore' })
    if (this.#prefix.length === 0) await until(() => connects(this.#port), 'Redis to listen')
  }
}

export class PostgresServer extends Engine {
  readonly kind = 'postgres'
  readonly url: string
  readonly #port: number

  constructor(port: number) {
    super()
    this.#port = port
    this.url = `postgres://postgres@127.0.0.1:${port}/postgres`
    chownSync(this.folder, user('-u'), user('-g'))
    const options = ['-D', `${this.folder}/data`, '-A', 'trust', '-U', 'postgres', '--no-sync']
    execFileSync(join(PG_BIN, 'initdb'), options, {
      uid: user('-u'),
      gid: user('-g'),
      stdio: 'ignore',
      cwd: this.folder,
    })
  }

  async start(): Promise<void> {
    const options = [
      '-D',
      `${this.folder}/data`,
      '-p',
      String(this.#port),
      '-k',
      this.folder,
      '-c',
      'max_connections=200',
    ]
    const as = { uid: user('-u'), gid: user('-g'), cwd: this.folder, stdio: 'ignore' } as const
    this.child = spawn(join(PG_BIN, 'postgres'), options, as)
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
    const args = ['-h', '127.0.0.1', '-p', String(this.#port), '-U', 'postgres', '-Atc', sql]
    return execFileSync(join(PG_BIN, 'psql'), args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
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

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1')
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}
