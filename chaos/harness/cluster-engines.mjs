/** The engines of a cluster. Both write to the disk what they acknowledge, so none may forget a call when it is killed. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { appendFileSync, chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { sleep } from './waits.mjs'

const DEBIAN = '/usr/lib/postgresql'

class Server {
  constructor({ folder, port, host, prefix }) {
    Object.assign(this, { folder, port, host, prefix })
  }

  async start() {
    const [program, ...args] = [...this.prefix, ...this.command()]
    this.child = spawn(program, args, { stdio: 'ignore', cwd: this.folder })
    while (!this.answers()) await sleep(50)
  }

  async kill(signal) {
    const exited = new Promise((resolve) => this.child.once('exit', resolve))
    this.child.kill(signal)
    await exited
  }

  /** The output of a command beside the engine; `''` if it fails. */
  ask(command, ...args) {
    const [program, ...rest] = [...this.prefix, command, ...args]
    return spawnSync(program, rest, { encoding: 'utf8', cwd: this.folder }).stdout ?? ''
  }
}

class RedisEngine extends Server {
  url = `redis://${this.host}:${this.port}`

  command() {
    const options = {
      '--port': this.port,
      '--bind': this.host,
      '--dir': this.folder,
      '--save': '',
      '--appendonly': 'yes',
    }
    return ['redis-server', ...Object.entries(options).flat(), '--appendfsync', 'always', '--protected-mode', 'no']
  }

  answers() {
    return this.#cli('ping').startsWith('PONG')
  }

  cutConnections() {
    for (const type of ['normal', 'pubsub']) this.#cli('client', 'kill', 'type', type, 'skipme', 'yes')
  }

  end() {
    return this.kill('SIGKILL')
  }

  #cli(...args) {
    return this.ask('redis-cli', '-h', this.host, '-p', this.port, ...args)
  }
}

class PostgresEngine extends Server {
  url = `postgres://postgres@${this.host}:${this.port}/postgres`
  #bin = join(DEBIAN, existsSync(DEBIAN) ? readdirSync(DEBIAN).sort().at(-1) : '', 'bin')
  #data = join(this.folder, 'data')

  constructor(place) {
    super(place)
    mkdirSync(this.#data)
    const id = (flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
    for (const path of [this.folder, this.#data]) chownSync(path, id('-u'), id('-g'))
    const options = ['-D', this.#data, '-A', 'trust', '-U', 'postgres', '--no-sync']
    execFileSync('setpriv', [...this.#as, join(this.#bin, 'initdb'), ...options], { stdio: 'ignore', cwd: this.folder })
    appendFileSync(join(this.#data, 'pg_hba.conf'), 'host all all 10.78.0.0/16 trust\n')
  }

  command() {
    const options = ['-D', this.#data, '-p', this.port, '-h', this.host, '-k', this.folder, '-c', 'max_connections=200']
    return ['setpriv', ...this.#as, join(this.#bin, 'postgres'), ...options]
  }

  answers() {
    return this.#query('SELECT 1') !== ''
  }

  cutConnections() {
    const others = 'pid <> pg_backend_pid() AND datname IS NOT NULL'
    this.#query(`SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE ${others}`)
  }

  /** At once, without a goodbye. After a SIGKILL its own processes would stay for a while. */
  kill() {
    return super.kill('SIGQUIT')
  }

  end() {
    return this.kill()
  }

  get #as() {
    return ['--reuid=postgres', '--regid=postgres', '--clear-groups', '--']
  }

  #query(sql) {
    return this.ask(join(this.#bin, 'psql'), '-h', this.host, '-p', this.port, '-U', 'postgres', '-Atc', sql)
  }
}

export const ENGINES = { redis: RedisEngine, postgres: PostgresEngine }
