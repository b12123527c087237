/**
 * A trace of the calls of each worker, in Chrome's trace format. It can be opened at https://ui.perfetto.dev or in
 * `chrome://tracing`.
 *
 *   process = a pool       thread = a worker, or one of its lanes if it runs several bodies at once
 *   slice   = a body       async slice "queued" = from the acceptance of a call to its start
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import { isWorker } from '../registry/role'
import { after, clearAfter, type Timer } from '../utils/after'
import {
  callSettled,
  lineOf,
  subscribe,
  workerExited,
  workerStarted,
  type CallSettledEvent,
  type Unsubscribe,
  type WorkerEvent,
} from './events'

/** How often buffered events are written, in ms, and how many characters are buffered at most. */
const WRITE_EVERY = 500
const LARGEST_BUFFER = 64 * 1024
const US_PER_MS = 1000
/** The most lanes that a worker can have in the trace. */
const LANES = 1000

/** A trace that is being written. */
export interface Trace extends Disposable {
  readonly path: string
  /** Writes the rest and closes the file. When the program ends, this happens by itself. */
  stop(): void
}

/**
 * Writes a Chrome trace of all calls of this program's pools to `path`, until the trace is stopped.
 *
 * In a worker, where module code runs again, it does nothing. A trace costs some µs per call. Pebble has no such function.
 *
 * @throws what `openSync` throws, if the file cannot be written
 * @example
 * using trace = traceTo('trace.json')
 */
export function traceTo(path: string): Trace {
  return isWorker() ? { path, stop: () => undefined, [Symbol.dispose]: () => undefined } : new TraceFile(path)
}

class TraceFile implements Trace {
  readonly path: string
  readonly #file: number
  readonly #pools = new Map<string, number>()
  /** For each lane of a worker: when its last body ended. */
  readonly #lanes = new Map<string, number[]>()
  #timer: Timer | undefined
  readonly #subscriptions: Unsubscribe[]
  readonly #onExit = (): void => this.stop()
  #buffer = '[\n'
  #first = true
  #stopped = false
  #failed = false

  constructor(path: string) {
    this.path = path
    this.#file = openSync(path, 'w')
    this.#writeLater()
    this.#subscriptions = [
      subscribe(callSettled, (call) => this.#call(call)),
      subscribe(workerStarted, (worker) => this.#instant('worker starts', worker, worker.startedAt)),
      subscribe(workerExited, (worker) => {
        const { exitCode, signal, expected, calls } = worker
        this.#instant('worker exits', worker, worker.exitedAt, { id: worker.id, exitCode, signal, expected, calls })
      }),
    ]
    process.once('exit', this.#onExit)
  }

  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    for (const unsubscribe of this.#subscriptions) unsubscribe()
    clearAfter(this.#timer)
    process.removeListener('exit', this.#onExit)
    this.#buffer += '\n]\n'
    this.#write()
    closeSync(this.#file)
  }

  [Symbol.dispose](): void {
    this.stop()
  }

  #call(call: CallSettledEvent): void {
    const { id, label, number, state, error, queuedAt, startedAt, settledAt, duration, worker } = call
    const pid = this.#pool(call)
    const waited = { name: 'queued', cat: 'queue', id, pid, tid: 0 }
    this.#event({ ...waited, ph: 'b', ts: us(queuedAt), args: { call: label } })
    this.#event({ ...waited, ph: 'e', ts: us(startedAt ?? settledAt) })
    const args = { id, number, state, ...(error === undefined ? undefined : { error: lineOf(error) }) }
    if (startedAt === null || duration === null || !worker) {
      this.#event({ name: `${label} ${state}`, cat: 'call', ph: 'i', s: 'p', ts: us(settledAt), pid, tid: 0, args })
      return
    }
    const tid = this.#lane(worker, startedAt, startedAt + duration)
    this.#event({ name: label, cat: 'call', ph: 'X', ts: us(startedAt), dur: us(duration), pid, tid, args })
  }

  #instant(name: string, worker: WorkerEvent, at: number, args: object = {}): void {
    const pid = this.#pool(worker)
    this.#event({ name, cat: 'worker', ph: 'i', s: 't', ts: us(at), pid, tid: this.#thread(worker, 0), args })
  }

  #pool({ pool, kind }: { pool: string; kind: string }): number {
    const known = this.#pools.get(pool)
    if (known !== undefined) return known
    const pid = this.#pools.size + 1
    this.#pools.set(pool, pid)
    this.#event({ name: 'process_name', ph: 'M', pid, tid: 0, args: { name: `${pool} (${kind}s)` } })
    return pid
  }

  /** The first lane of the worker that is free at `start`: the slices of one lane must not overlap. */
  #lane(worker: WorkerEvent, start: number, end: number): number {
    const ends = this.#lanes.get(worker.name) ?? []
    const free = ends.findIndex((lastEnd) => lastEnd <= start)
    const lane = free >= 0 ? free : ends.length
    const tid = this.#thread(worker, lane)
    ;(this.#lanes.get(worker.name) as number[])[lane] = end
    return tid
  }

  #thread(worker: WorkerEvent, lane: number): number {
    const tid = Number(worker.name) * LANES + Math.min(lane, LANES - 1)
    const ends = this.#lanes.get(worker.name) ?? []
    this.#lanes.set(worker.name, ends)
    if (lane < ends.length) return tid
    ends.push(0)
    const name = lane === 0 ? `worker ${worker.name}` : `worker ${worker.name}, lane ${lane + 1}`
    this.#event({ name: 'thread_name', ph: 'M', pid: this.#pool(worker), tid, args: { name } })
    return tid
  }

  #event(event: object): void {
    this.#buffer += (this.#first ? '' : ',\n') + JSON.stringify(event)
    this.#first = false
    if (this.#buffer.length > LARGEST_BUFFER) this.#write()
  }

  #writeLater(): void {
    this.#timer = after(WRITE_EVERY, () => {
      this.#writeLater() // before the write: if that fails, it stops the trace and clears this timer
      this.#write()
    }).unref()
  }

  #write(): void {
    const text = this.#buffer
    this.#buffer = ''
    if (text === '' || this.#failed) return
    try {
      writeSync(this.#file, text)
    } catch (error) {
      this.#failed = true
      process.emitWarning(`The trace ${this.path} ends here: ${String(error)}`, { type: 'PebbleTraceWarning' })
      this.stop()
    }
  }
}

const us = (ms: number): number => Math.round(ms * US_PER_MS)
