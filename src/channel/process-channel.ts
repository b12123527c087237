import { spawn, type ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { addProcess, removeProcess } from '../registry/own-processes'
import { fileIdentity, type StartNote } from '../registry/start-note'
import { after, clearAfter, type Timer } from '../utils/after'
import { isBundled, ownFile } from '../utils/location'
import { frameLength, readFrame } from '../wire/frames'
import { writeMessage } from '../wire/message-stream'
import { FROM_PARENT, LIFELINE, TO_PARENT, type ParentMessage } from '../wire/messages'
import { ParentSlotFile } from '../wire/slot-file'
import { bundleArguments } from './bundle'
import type { Channel, ChannelListener, ChannelOptions, ProcessContext } from './channel'
import { FrameStream } from './frame-stream'
import { PipeWriter } from './pipe-writer'
import { processStart } from './process-context'
import { readNow } from './read-now'
import { StderrTail } from './stderr-tail'
import { whenClosed } from './when-closed'

const ENTRY = ownFile('worker', 'process-entry.js')
/** How long stderr of a process that has exited may stay open, in ms: a grandchild can hold it for ever. */
const STDERR_AFTER_EXIT = 100

/**
 * A worker process, in a process group of its own, started by `node:child_process` (docs/internals.md tells why not by
 * tinypool). Calls go down one pipe; outcomes come up another, which outlives the process.
 */
export class ProcessChannel implements Channel {
  readonly kind = 'process'
  readonly slots = new ParentSlotFile((error) => this.#failed(error))
  readonly #listener: ChannelListener
  readonly #child: ChildProcess
  readonly #stderr: StderrTail
  readonly #outcomes: Socket | undefined
  readonly #frames = new FrameStream(frameLength, (bytes, at) => this.#listener.message(readFrame(bytes, at)))
  readonly #calls: Socket | undefined
  /** Open for as long as this thread lives: its end tells the worker. */
  readonly #lifeline: Socket | undefined
  readonly #writer: PipeWriter | undefined
  #error: Error | undefined
  #exited = false
  /** This thread ends: nobody is to be told of the process any more. */
  #abandoned = false
  #killTimer: Timer | undefined

  constructor(options: ChannelOptions, listener: ChannelListener) {
    this.#listener = listener
    this.#child = this.#spawn(options)
    const { stderr, stdio } = this.#child as { stderr?: Readable | null; stdio?: readonly unknown[] } // without descriptors left there are none of these
    this.#stderr = new StderrTail(stderr ?? null)
    this.#calls = stdio?.[FROM_PARENT] as Socket | undefined
    this.#outcomes = stdio?.[TO_PARENT] as Socket | undefined
    this.#lifeline = stdio?.[LIFELINE] as Socket | undefined
    this.#writer = this.#calls && new PipeWriter(this.#calls)
    this.#watch()
    if (this.#child.pid !== undefined) addProcess(this)
    this.send(options.settings as unknown as ParentMessage)
    this.#unref()
  }

  get id(): number | null {
    return this.#child.pid ?? null
  }

  send(message: ParentMessage): void {
    this.#writer?.write(writeMessage(message))
  }

  /** From the slots, and first from the pipe: what is in both comes once, and in the order in which it was published. */
  drain(sequences: readonly number[]): void {
    const kept = sequences.map((sequence) => this.slots.outcome(sequence)) // before the pipe: it may move there meanwhile
    this.#readPipe()
    for (const outcome of kept) if (outcome) this.#listener.message(outcome)
  }

  receive(): boolean {
    const more = this.#readPipe()
    this.#stderr.passOn() // it may wait for room there
    return more
  }

  setRef(held: boolean): void {
    // The process itself as well: its pipes close before its exit is known.
    if (held) {
      this.#outcomes?.ref()
      this.#child.ref()
    } else {
      this.#outcomes?.unref()
      this.#child.unref()
    }
  }

  kill(patience: number): void {
    if (this.#exited || this.#killTimer) return
    this.#signal('SIGTERM')
    this.#killTimer = after(patience, () => this.#signal('SIGKILL'))
  }

  end(): Promise<void> {
    this.#abandoned = true
    const exited = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()))
    this.#signal('SIGKILL')
    return exited
  }

  #spawn(options: ChannelOptions): ChildProcess {
    const { context = {} } = options
    try {
      const entry = isBundled ? bundleArguments(options.settings.depth) : { script: ENTRY, args: [ENTRY] }
      const { execArgv, env, cwd } = processStart(options, this.#note(context, entry.script))
      return spawn(context.execPath ?? process.execPath, [...execArgv, ...entry.args, ...process.argv.slice(2)], {
        cwd,
        env,
        stdio: ['ignore', 'inherit', 'pipe', 'pipe', 'pipe', this.slots.fd, 'pipe'],
        detached: true, // a group of its own: stopping it stops what it started
        windowsHide: true,
      })
    } catch (error) {
      this.slots.close()
      throw error
    }
  }

  #note({ execPath = process.execPath }: ProcessContext, entry: string): StartNote {
    return { entry, program: execPath, slotFile: fileIdentity(this.slots.fd) }
  }

  #watch(): void {
    this.#outcomes?.on('data', (chunk) => this.#frames.push(chunk))
    this.#outcomes?.on('error', () => undefined) // its exit tells
    this.#calls?.on('error', () => undefined) // written to a process that has exited
    this.#lifeline?.on('error', () => undefined) // likewise
    this.#child.on('error', (error) => {
      this.#error = error
      if (this.#child.pid === undefined) this.#left(null, null)
    })
    this.#child.on('exit', (exitCode, signal) => this.#left(exitCode, signal))
  }

  /** What its calls do can be told no more. */
  #failed(error: unknown): void {
    this.#error ??= error as Error
    this.#signal('SIGKILL')
  }

  /** `false` once nothing more will come. */
  #readPipe(): boolean {
    return readNow(this.#outcomes, (bytes) => this.#frames.push(bytes))
  }

  #unref(): void {
    this.#child.unref()
    this.#outcomes?.unref()
    this.#calls?.unref()
    this.#lifeline?.unref()
    this.#stderr.unref()
  }

  /** The exit is told when both pipes have been read to their end. */
  #left(exitCode: number | null, signal: NodeJS.Signals | null): void {
    if (this.#exited) return
    this.#exited = true
    removeProcess(this)
    clearAfter(this.#killTimer)
    this.#signal('SIGKILL') // what it started
    let open = 2
    const closed = (): void => {
      open -= 1
      if (open > 0) return
      if (!this.#abandoned) this.#listener.exit({ exitCode, signal, error: this.#error, stderr: this.#stderr.text })
      this.slots.close()
      this.#calls?.destroy()
      this.#lifeline?.destroy()
    }
    whenClosed(this.#outcomes, undefined, closed)
    whenClosed(this.#child.stderr, STDERR_AFTER_EXIT, closed)
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child
    if (pid === undefined) return
    try {
      process.kill(-pid, signal)
    } catch {
      if (!this.#exited) this.#child.kill(signal) // no process groups here (Windows)
    }
  }
}

/** What a worker process begins with. */
