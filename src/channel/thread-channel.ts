import { pathToFileURL } from 'node:url'
import { MessageChannel, receiveMessageOnPort, type MessagePort } from 'node:worker_threads'
import type { Tinypool } from 'tinypool' with { 'resolution-mode': 'import' }
import { after, clearAfter, type Timer } from '../utils/after'
import { ownFile } from '../utils/location'
import { CHILDLESS, type ControlMessage, type ParentMessage, type WorkerMessage } from '../wire/messages'
import { RingReader } from '../wire/ring'
import { SharedSlots } from '../wire/slots'
import type { Channel, ChannelListener, ChannelOptions } from './channel'
import { threadContext } from './thread-context'
import { loadTinypool } from './tinypool'

/** How long a thread that is to be stopped may still take to its first line of ours, in ms. */
const OPENING = 1000
/** How long it may take to end the processes of its own pools, in ms. */
const CHILDREN = 500

/** A URL without its protocol: tinypool imports it as it is, and `#`, `?` and `%` in a path would not survive that. */
const ENTRY = pathToFileURL(ownFile('worker', 'thread-entry.js')).href.slice('file:'.length)

/** The worker object inside tinypool: what we need of it. */
interface PoolThread {
  readonly threadId: number
  readonly thread: { readonly threadId: number; ref(): void; unref(): void }
  once(event: 'exit', fn: (exitCode: number) => void): unknown
  once(event: 'error', fn: (error: Error) => void): unknown
}

/**
 * A worker thread. tinypool starts, limits and terminates it; its one task opens the session, which then talks over a
 * port and a ring of our own (docs/internals.md tells why).
 */
export class ThreadChannel implements Channel {
  readonly kind = 'thread'
  readonly slots = new SharedSlots()
  readonly #listener: ChannelListener
  readonly #ring = new RingReader()
  readonly #port: MessagePort
  readonly #receive = (message: WorkerMessage): void => this.#listener.message(message)
  /** How many processes its pools have. */
  readonly #processes = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
  #tinypool: Tinypool | undefined
  #worker: PoolThread | undefined
  #held = false
  #threadId: number | null = null
  #error: Error | undefined
  /** The session's first word has come: Node has read the files that a thread begins with. */
  #opened = false
  #killTimer: Timer | undefined
  #ended = false
  #closed = false

  constructor(options: ChannelOptions, listener: ChannelListener) {
    this.#listener = listener
    const { port1, port2 } = new MessageChannel()
    this.#port = port1
    port1.on('message', (message) => this.#arrived(message))
    port1.unref()
    void this.#start(options, port2)
  }

  get id(): number | null {
    return this.#threadId
  }

  send(message: ParentMessage, transfer?: readonly unknown[]): void {
    this.#port.postMessage(message, transfer as ArrayBuffer[] | undefined)
  }

  drain(): void {
    if (this.#closed) return
    this.#ring.drain(this.#receive)
    for (let next = receiveMessageOnPort(this.#port); next; next = receiveMessageOnPort(this.#port)) {
      this.#arrived(next.message)
    }
  }

  /** A thread ends with the program, whatever it runs. */
  receive(): boolean {
    return false
  }

  setRef(held: boolean): void {
    this.#held = held
    // The thread itself as well: its port closes before its exit is known.
    if (held) {
      this.#port.ref()
      this.#worker?.thread.ref()
    } else {
      this.#port.unref()
      this.#worker?.thread.unref()
    }
  }

  /** A thread that is stopped while Node imports an ES module for it leaves the file open: its own start is waited for. */
  kill(): void {
    if (!this.#tinypool) this.#end(1)
    else if (this.#opened) this.#endOpened()
    else this.#terminateAfter(OPENING)
  }

  /**
   * Only the thread itself can collect its processes. One that is in a loop cannot; its processes notice the end of the
   * thread and end as well, but stay in the system's table until the program ends.
   */
  #endOpened(): void {
    if (Atomics.load(new Int32Array(this.#processes), 0) === 0) {
      void this.#tinypool?.destroy()
      return
    }
    this.#port.postMessage({ type: 'end' } satisfies ControlMessage)
    this.#terminateAfter(CHILDREN)
  }

  #terminateAfter(delay: number): void {
    this.#killTimer ??= after(delay, () => void this.#tinypool?.destroy())
  }

  async #start(options: ChannelOptions, port: MessagePort): Promise<void> {
    try {
      const Pool = await loadTinypool()
      if (this.#ended) return
      const context = threadContext()
      const pool = new Pool({
        filename: ENTRY,
        minThreads: 1,
        maxThreads: 1,
        useAtomics: false, // with atomics the worker's event loop sleeps between tasks
        resourceLimits: options.resourceLimits,
        ...context,
      })
      this.#tinypool = pool
      pool.on('error', () => undefined) // the thread's own 'error' event is heard below
      this.#watch(pool.threads[0] as unknown as PoolThread)
      const [slots, ring] = [this.slots.memory, this.#ring.memory]
      const nodeOptions = context.execArgv && process.env['NODE_OPTIONS']
      const processes = this.#processes
      const session = { port, slots, ring, processes, settings: options.settings, nodeOptions }
      await pool.run(session, { transferList: [port] })
      this.setRef(this.#held) // tinypool lets go of it when the task is done
      pool.options.minThreads = 0 // no thread of tinypool's own accord in place of one that dies
    } catch (error) {
      this.#error ??= error as Error
      this.#opened = true // what failed to start is not waited for
      this.kill()
    }
  }

  #watch(worker: PoolThread): void {
    this.#worker = worker
    this.#threadId = worker.thread.threadId // it is -1 once the thread is gone
    worker.once('error', (error) => (this.#error = error))
    worker.once('exit', (exitCode) => this.#end(exitCode))
    this.setRef(this.#held)
  }

  /** A message of the session, or the news that the ring is no longer empty. */
  #arrived(message: unknown): void {
    if (!this.#opened) this.#open()
    if (message === CHILDLESS) {
      void this.#tinypool?.destroy()
      return
    }
    if (!Array.isArray(message)) {
      this.#ring.drain(this.#receive)
      return
    }
    const [kind, sequence, duration, flags, data] = message as [number, number, number, number, unknown]
    this.#receive({ kind, sequence, duration, flags, data })
  }

  #open(): void {
    this.#opened = true
    if (this.#killTimer) void this.#tinypool?.destroy()
  }

  #end(exitCode: number): void {
    if (this.#ended) return
    this.#ended = true
    clearAfter(this.#killTimer)
    this.drain()
    this.#closed = true
    this.#port.close()
    this.#listener.exit({ exitCode, signal: null, error: this.#error, stderr: '' })
    void this.#tinypool?.destroy()
  }
}
