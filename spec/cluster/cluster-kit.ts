/** A caller and a worker machine in this program, and programs that are copies of fixtures/cluster/app. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pools } from 'pebble-ts'
import { QueuePool, QueueWorker, type QueuePoolOptions, type QueueWorkerOptions } from 'pebble-ts/cluster'
import { LiveProgram } from '../support/live-program'
import { resultOf } from '../support/program'
import { settled } from '../support/until'
import { queueName, type Engine } from './services'

export const ROOT = join(__dirname, '..', '..')
export const SECRET = 'of the specs'
const REPORTS = 'spec/fixtures/cluster/reports.ts'

/** Pools and workers of one spec file. They end after it. */
export class Cluster {
  readonly #engine: () => Engine
  readonly #open: Array<() => Promise<void>> = []

  constructor(engine: () => Engine) {
    this.#engine = engine
    afterAll(async () => {
      for (const close of this.#open.splice(0).reverse()) await settled(close(), 'the cluster to close')
    })
  }

  get url(): string {
    return this.#engine().url
  }

  pool(queue: string, options: Partial<QueuePoolOptions> = {}): QueuePool {
    const pool = new QueuePool(queue, { connection: this.url, secret: SECRET, root: ROOT, ...options })
    this.#open.push(async () => {
      pool.stop()
      await pool.join()
    })
    return pool
  }

  worker(queue: string, options: Partial<QueueWorkerOptions> = {}): QueueWorker {
    const given = { connection: this.url, secret: SECRET, root: ROOT, modules: [REPORTS], processes: 2 }
    const worker = new QueueWorker(queue, { ...given, ...options })
    this.#open.push(() => worker.close({ drain: 0 }))
    return worker
  }

  /** Registers a pool as `cluster`, with a worker beside it. */
  async start(module = REPORTS): Promise<{ pool: QueuePool; worker: QueueWorker; queue: string }> {
    const queue = queueName('reports')
    const pool = this.pool(queue)
    pools.register('cluster', pool)
    const worker = this.worker(queue, { modules: [module] })
    await Promise.all([pool.ready(), worker.ready()])
    return { pool, worker, queue }
  }
}

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** Copies the application to a folder of its own. */
export function copyApp(version = 'v1'): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), `pebble-app-${version}-`)))
  folders.push(folder)
  cpSync(join(ROOT, 'spec', 'fixtures', 'cluster', 'app'), folder, { recursive: true })
  const jobs = join(folder, 'jobs.mjs')
  writeFileSync(jobs, readFileSync(jobs, 'utf8').replace(`'VERSION'`, `'${version}'`))
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(ROOT, join(folder, 'node_modules', 'pebble-ts'))
  return folder
}

/** Starts a worker machine of an application. */
export async function startMachine(folder: string, queue: string, url: string): Promise<LiveProgram> {
  const machine = new LiveProgram(join(folder, 'machine.mjs'), [queue, url])
  await machine.printed('ready')
  return machine
}

/** What comes of a call of an application. */
export const askApp = (folder: string, ...args: string[]): Promise<unknown> =>
  resultOf(join(folder, 'caller.mjs'), { args, cwd: folder })
