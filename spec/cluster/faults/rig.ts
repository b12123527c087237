/** Callers and worker machines as programs of their own, and the file in which their bodies note what they do: the witness. */
import { fork, type ChildProcess } from 'node:child_process'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { settled, until } from '../../support/until'
import type { Engine } from './engines'

const FOLDER = join(__dirname, '..', '..', 'fixtures', 'cluster-faults')
/** The shortest that is allowed, in ms. */
export const LEASE = 5000
/** A caller is told of a lost machine within its lease and two checks; the rest is for a busy machine. */
export const TOLD_WITHIN = LEASE + (2 * LEASE) / 3 + 2500

/** What the caller of a lost machine is told. */
export const LOST = {
  name: 'ProcessExpired',
  mayHaveRun: true,
  signal: null,
  message: expect.stringMatching(
    /^(A worker machine|Worker machine \S+) was lost while it may have run .* of bodies.mjs. The call is not run again/,
  ) as string,
}

/** How a call ended. */
export interface Settled {
  /** ms from the call to its outcome. */
  readonly after: number
  readonly value?: any
  readonly attempt?: number
  readonly worker?: string | null
  readonly error?: {
    readonly name: string
    readonly message: string
    readonly mayHaveRun?: boolean
    readonly worker?: string | null
    readonly signal?: string | null
  }
}

interface Message extends Settled {
  readonly n: number
}

/** A program of the fixtures. */
class Program {
  readonly child: ChildProcess
  readonly #ready: Promise<void>
  readonly #waiting = new Map<number, (message: Message) => void>()
  readonly #failing = new Set<(error: Error) => void>()
  stderr = ''
  #count = 0

  constructor(file: string, options: object, prefix: readonly string[] = []) {
    const { JEST_WORKER_ID: _worker, NODE_ENV: _mode, ...env } = process.env
    const [execPath, ...execArgv] = [...prefix, process.execPath]
    this.child = fork(join(FOLDER, file), [JSON.stringify(options)], {
      env,
      execPath,
      execArgv,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()))
    this.#ready = new Promise((resolve, reject) => {
      this.child.on('exit', (code, signal) => {
        const error = new Error(`${file} ended: ${code ?? signal}\n${this.stderr}`)
        for (const fail of [reject, ...this.#failing]) fail(error)
      })
      this.child.on('message', (message: 'ready' | Message) => {
        if (message === 'ready') resolve()
        else this.#waiting.get(message.n)?.(message)
      })
    })
    this.#ready.catch(() => undefined)
  }

  get pid(): number {
    return this.child.pid as number
  }

  ready(): Promise<void> {
    return settled(this.#ready, 'the program to be ready')
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  async end(): Promise<void> {
    this.signal('SIGCONT')
    this.signal('SIGKILL')
    await until(() => this.child.exitCode !== null || this.child.signalCode !== null, 'the program to end')
  }

  protected ask(message: object): readonly [n: number, answer: Promise<Message>] {
    const n = ++this.#count
    const answer = new Promise<Message>((resolve, reject) => {
      this.#waiting.set(n, resolve)
      this.#failing.add(reject)
    })
    answer.catch(() => undefined) // its program was ended, and nothing waits for it any more
    this.child.send({ n, ...message })
    return [n, answer]
  }
}

export class Machine extends Program {}

/** A call of a {@link Caller}. */
export interface Made {
  readonly settled: Promise<Settled>
  cancel(): void
  running(): Promise<boolean>
}

export class Caller extends Program {
  call(body: string, args: readonly unknown[], options: object = {}): Made {
    return this.#made({ do: 'call', body, options: { ...options, args } })
  }

  attach(id: string): Made {
    return this.#made({ do: 'attach', id })
  }

  retry(id: string): Made {
    return this.#made({ do: 'retry', id })
  }

  async does(what: string, ...args: unknown[]): Promise<any> {
    const { error, value } = await settled(this.ask({ do: what, args })[1], what)
    if (error) throw Object.assign(new Error(error.message), error)
    return value
  }

  #made(message: object): Made {
    const [of, answer] = this.ask(message)
    return {
      settled: settled(answer, `the call to settle\n${this.stderr}`),
      cancel: () => void this.ask({ do: 'cancel', of }),
      running: async () => (await this.ask({ do: 'running', of })[1]).value as boolean,
    }
  }
}

let queues = 0

/** One queue with its callers, machines and witness. */
export class Rig {
  readonly queue = `faults${++queues}`
  readonly folder = mkdtempSync(join(tmpdir(), 'pebble-faults-'))
  readonly log = join(this.folder, 'witness')
  readonly #engine: Pick<Engine, 'url'>
  readonly #lease: number
  readonly #programs: Program[] = []

  constructor(engine: Pick<Engine, 'url'>, lease = LEASE) {
    this.#engine = engine
    this.#lease = lease
    rigs.add(this)
  }

  get options(): { queue: string; connection: string; secret: string; lease: number; root: string } {
    return { queue: this.queue, connection: this.#engine.url, secret: 'for specs', lease: this.#lease, root: FOLDER }
  }

  /** @param prefix the program that runs it: a network namespace */
  machine(options: object = {}, prefix: readonly string[] = []): Machine {
    const machine = new Machine('machine.mjs', { processes: 2, ...this.options, ...options }, prefix)
    this.#programs.push(machine)
    return machine
  }

  caller(options: object = {}, prefix: readonly string[] = []): Caller {
    const caller = new Caller('caller.mjs', { ...this.options, ...options }, prefix)
    this.#programs.push(caller)
    return caller
  }

  /** A caller and machines, ready. */
  async open(machines = 1, options: object = {}): Promise<[Caller, Machine, ...Machine[]]> {
    const caller = this.caller(options)
    const all = Array.from({ length: machines }, () => this.machine())
    await Promise.all([caller, ...all].map((program) => program.ready()))
    return [caller, ...(all as [Machine, ...Machine[]])]
  }

  /** What bodies have noted: `start` and `end`, each with the pid, and `overlap`. */
  noted(what: 'start' | 'end' | 'overlap', id?: string): number[] {
    return this.#lines()
      .filter(([kind, of]) => kind === what && (id === undefined || of === id))
      .map(([, , pid]) => Number(pid))
  }

  /** The most starts that any call had, and the number of overlaps. */
  witness(): { starts: number; overlaps: number } {
    const starts = new Map<string, number>()
    for (const [kind, id = ''] of this.#lines()) if (kind === 'start') starts.set(id, (starts.get(id) ?? 0) + 1)
    return { starts: Math.max(0, ...starts.values()), overlaps: this.noted('overlap').length }
  }

  /** Waits until a body of the call has started, and returns its pid. */
  async started(id: string, times = 1): Promise<number> {
    await until(() => this.noted('start', id).length >= times, `start ${times} of ${id}`)
    return this.noted('start', id).at(-1) as number
  }

  /** When a body of these processes last showed that it runs, in ms of `Date.now()`. A load on this process does not delay it. */
  lastSign(...pids: number[]): number {
    return Math.max(...pids.map((pid) => statSync(`${this.log}.life-${pid}`).mtimeMs))
  }

  /** Notes a figure, for those who ask for it. */
  figure(what: string, ms: number): void {
    if (process.env.PEBBLE_FIGURES)
      appendFileSync(process.env.PEBBLE_FIGURES, `${this.#engine.url.slice(0, 5)} ${what}: ${Math.round(ms)} ms\n`)
  }

  async end(): Promise<void> {
    for (const program of this.#programs) await program.end()
    rmSync(this.folder, { recursive: true, force: true })
  }

  #lines(): string[][] {
    if (!existsSync(this.log)) return []
    return readFileSync(this.log, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(' '))
  }
}

const rigs = new Set<Rig>()

export async function endRigs(): Promise<void> {
  for (const rig of rigs) await rig.end()
  rigs.clear()
}

/** Runs the cases at the same time: they mostly wait for leases to run out. Each has its own test. */
export function atOnce(cases: Readonly<Record<string, () => Promise<void>>>): void {
  const running = new Map<string, Promise<void>>()
  beforeAll(() => {
    for (const [name, run] of Object.entries(cases)) {
      running.set(name, run())
      running.get(name)?.catch(() => undefined)
    }
  })
  test.each(Object.keys(cases))('%s', async (name) => running.get(name))
}
