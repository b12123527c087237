/** The channel to a thread: a port, and a ring and slots in shared memory. tinypool starts and terminates the thread. */
import { MessageChannel, receiveMessageOnPort, type MessagePort } from 'node:worker_threads'
import type { Tinypool } from 'tinypool' with { 'resolution-mode': 'import' }
import { after, clearAfter, type Timer } from '../utils/after'
import { ownFile } from '../utils/location'
import { copyLarge } from '../wire/call-batch'
import { CHILDLESS, type ControlMessage, type ParentMessage, type WorkerMessage } from '../wire/messages'
import { RingReader } from '../wire/ring'
import { RunCollector } from '../wire/run-collector'
import { SharedSlots } from '../wire/slots'
import { ORPHANS_END, type Channel, type ChannelListener, type ChannelOptions } from './channel'
import { threadContext } from './thread-context'
import { loadTinypool } from './tinypool'

/** How long a thread that is to be stopped may take until its session opens, in ms. */
const OPENING = 1000
/** How long the thread may take to end the processes of its own pools, in ms. */
const CHILDREN = 500

const ENTRY = ownFile('worker', 'thread-entry.js')

/** What this file uses of tinypool's internal worker object. */
interface PoolThread {
  readonly threadId: number
  readonly thread: { readonly threadId: number; ref(): void; unref(): void; terminate(): Promise<number> }
  once(event: 'exit', fn: (exitCode: number) => void): unknown
  once(event: 'error', fn: (error: Error) => void): unknown
}

/**
 * The life of a thread:
 *
 *                              kill()
 *   Loading ──► Starting ─────────────────► Stopping
 *      │           │ first message             │ first message: terminated
 *      │           ▼                           │ OPENING ms:    terminated
 *      │         Open ◄────────────────────────┤
 *      │ kill()    │ exit                      │ exit
 *      └───────────┴──────► Draining ◄─────────┘
 *                              │ the last messages are delivered, then the exit
 *                              ▼
 *                            Closed
 */
const enum ThreadState {
  /** There is no thread yet. */
  Loading,
  /** Node reads the first files of the thread. */
  Starting,
  /** The thread is to be stopped, but Node still reads its first files. */
  Stopping,
  /** The thread has sent its first message, or its start has failed. The thread can be terminated at any time. */
  Open,
  Draining,
  Closed,
}

/**
 * A worker thread. tinypool starts, limits and terminates it. The one task of the tinypool opens the session, which then
 * uses a message port and a ring of its own (docs/mechanisms.md says why).
 */
export class ThreadChannel implements Channel {
  readonly kind = 'thread'
  readonly slots = new SharedSlots()
  readonly #listener: ChannelListener
  readonly #ring = new RingReader()
  readonly #port: MessagePort
  readonly #receive = (message: WorkerMessage): void => this.#listener.message(message)
  readonly #runs = new RunCollector(this.#receive)
  readonly #fromRing = (message: WorkerMessage): void => this.#runs.add(message)
  /** How many processes the pools of this thread have. The thread writes it. */
  readonly #processes = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
  #state = ThreadState.Loading
  #tinypool: Tinypool | undefined
  #worker: PoolThread | undefined
  #isRef = false
  #threadId: number | null = null
  #error: Error | undefined
  #killTimer: Timer | undefined

  constructor(options: ChannelOptions, listener: ChannelListener) {
    this.#listener = listener
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    port1.on('message', (message) => this.#messageArrived(message))
    port1.unref()
    void this.#start(options, port2)
  }

  get id(): number | null {
    return this.#threadId
  }

  send(message: ParentMessage, transfer?: readonly unknown[]): void {
    if (!Array.isArray(message)) {
      this.#port.postMessage(message, transfer as ArrayBuffer[] | undefined)
      return
    }
    const moved = [...((transfer ?? []) as ArrayBuffer[])]
    const batch = copyLarge(message, moved)
    this.#port.postMessage(batch, moved.length > 0 ? moved : undefined)
  }

  drain(): void {
    if (this.#state === ThreadState.Closed) return
    this.#readRing()
    for (let next = receiveMessageOnPort(this.#port); next; next = receiveMessageOnPort(this.#port)) {
      this.#messageArrived(next.message)
    }
  }

  /** Threads do not need this: a thread ends with the program, whatever it runs. */
  receive(): boolean {
    return false
  }

  extendLease(): void {}

  setRef(isRef: boolean): void {
    this.#isRef = isRef
    // The thread too, not only the port: the port closes before the exit of the thread is known.
    if (isRef) {
      this.#port.ref()
      this.#worker?.thread.ref()
    } else {
      this.#port.unref()
      this.#worker?.thread.unref()
    }
  }

  /** Waits until the thread has started: if it is terminated while Node imports an ES module, the file stays open. */
  kill(): void {
    switch (this.#state) {
      case ThreadState.Loading:
        this.#exited(1)
        break
      case ThreadState.Starting:
        this.#state = ThreadState.Stopping
        this.#terminateAfter(OPENING)
        break
      case ThreadState.Open:
        this.#stopOpen()
    }
  }

  /**
   * Only the thread itself can collect the processes that it started. A thread in an endless loop cannot. Its processes
   * notice that it is gone and end, but stay in the process table of the system until the program ends.
   */
  #stopOpen(): void {
    if (!this.#hasProcesses) {
      this.#terminate()
      return
    }
    this.#port.postMessage({ type: 'end' } satisfies ControlMessage)
    this.#terminateAfter(CHILDREN)
  }

  get #hasProcesses(): boolean {
    return Atomics.load(new Int32Array(this.#processes), 0) > 0
  }

  #terminateAfter(delay: number): void {
    this.#killTimer ??= after(delay, () => this.#terminate())
  }

  /**
   * Terminates the thread itself, not the tinypool: after `destroy()`, tinypool's own listener throws if the thread still
   * reports an error (it has run out of memory), and the exit would never be known.
   */
  #terminate(): void {
    void this.#worker?.thread.terminate()
  }

  async #start(options: ChannelOptions, port: MessagePort): Promise<void> {
    try {
      const Pool = loadTinypool()
      const context = threadContext()
      const pool = new Pool({
        filename: ENTRY,
        minThreads: 1,
        maxThreads: 1,
        useAtomics: false, // else the event loop sleeps between tasks: https://github.com/piscinajs/piscina/issues/331
        resourceLimits: options.resourceLimits,
        ...context,
      })
      this.#tinypool = pool
      this.#state = ThreadState.Starting
      pool.on('error', () => undefined) // `#watch` subscribes to the 'error' event of the thread itself
      this.#watch(pool.threads[0] as unknown as PoolThread)
      const [slots, ring] = [this.slots.memory, this.#ring.memory]
      const nodeOptions = context.execArgv && process.env['NODE_OPTIONS']
      const processes = this.#processes
      const session = { port, slots, ring, processes, settings: options.settings, nodeOptions }
      await pool.run(session, { transferList: [port] })
      this.setRef(this.#isRef) // tinypool unrefs the thread when its task is done
      pool.options.minThreads = 0 // otherwise tinypool replaces a thread that dies
    } catch (error) {
      await Promise.resolve() // the listener has no channel until the constructor returns
      this.#startFailed(error as Error)
    }
  }

  #startFailed(error: Error): void {
    this.#error ??= error
    const isStarting = this.#state === ThreadState.Starting || this.#state === ThreadState.Stopping
    if (isStarting) this.#state = ThreadState.Open // no first message will come: do not wait for it
    this.kill()
  }

  #watch(worker: PoolThread): void {
    this.#worker = worker
    this.#threadId = worker.thread.threadId // it is -1 once the thread is gone
    worker.once('error', (error) => (this.#error = error))
    worker.once('exit', (exitCode) => this.#exited(exitCode))
    this.setRef(this.#isRef)
  }

  /**
   * Receives what comes over the port: a message of the session as an array, CHILDLESS, or 0. The first 0 says that the
   * thread runs; later ones say that the ring has frames. The ring is read at the first 0 as well, which does no harm.
   */
  #messageArrived(message: unknown): void {
    if (this.#state < ThreadState.Open) this.#opened()
    if (message === CHILDLESS) {
      this.#terminate()
      return
    }
    if (!Array.isArray(message)) {
      this.#readRing()
      return
    }
    const [kind, sequence, duration, flags, data] = message as [number, number, number, number, unknown]
    this.#receive({ kind, sequence, duration, flags, data })
  }

  #readRing(): void {
    this.#ring.drain(this.#fromRing)
    this.#runs.flush()
  }

  #opened(): void {
    if (this.#state === ThreadState.Stopping) this.#terminate()
    this.#state = ThreadState.Open
  }

  #exited(exitCode: number): void {
    if (this.#state >= ThreadState.Draining) return
    this.#state = ThreadState.Draining
    clearAfter(this.#killTimer)
    this.drain()
    this.#state = ThreadState.Closed
    this.#port.close()
    const descendants = this.#hasProcesses ? new Promise<void>((resolve) => after(ORPHANS_END, resolve)) : undefined
    this.#listener.exit({ exitCode, signal: null, error: this.#error, stderr: '', descendants })
    void this.#tinypool?.destroy() // frees what it keeps of the thread
  }
}
