/** The channel to a child process: pipes for calls and outcomes, a slot file and a lifeline; signals end the process. */
import type { ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { addProcess, removeProcess } from '../registry/own-processes'
import { fileIdentity, type StartNote } from '../registry/start-note'
import { after, clearAfter, type Timer } from '../utils/after'
import { childProcess } from '../utils/lazy'
import { isBundled, ownFile } from '../utils/location'
import { FrameStream } from '../wire/frame-stream'
import { readFrame } from '../wire/frames'
import { writeMessage } from '../wire/message-stream'
import { FROM_PARENT, LIFELINE, MessageKind, TO_PARENT, type ParentMessage, type WorkerMessage } from '../wire/messages'
import { RunCollector } from '../wire/run-collector'
import { ParentSlotFile } from '../wire/slot-file'
import { bundleArguments } from './bundle'
import { ORPHANS_END, type Channel, type ChannelListener, type ChannelOptions, type ProcessContext } from './channel'
import { PipeWriter, readFrames, readLarge, receiveFrom, whenClosed } from './pipe'
import { applyNice } from './priority'
import { processStart } from './process-context'
import { StderrTail } from './stderr-tail'

const ENTRY = ownFile('worker', 'process-entry.js')
/**
 * The delay from the arrival of a result to the first read of kept results, in ms. Each further delay is four times as
 * long, at most LAST_READ, until the chunk ends.
 */
const FIRST_READ = 5
const LAST_READ = 320
/** How long the parent waits for the end of stderr after the exit, in ms: a grandchild can keep it open. */
const STDERR_AFTER_EXIT = 100

/**
 * The life of a process:
 *
 *              kill(): SIGTERM               SIGKILL after `killAfter` ms
 *   Running ──────────────────► Stopping ──────────────────┐
 *      │ └───────────────────────┐ │                        │
 *      │ end(): SIGKILL          ▼ ▼ exit                   │
 *      │                       Exited ◄─────────────────────┘
 *      │                         │ both pipes are read to their end
 *      ▼               exit      ▼
 *   Abandoned ─────────────► the exit is reported, unless the process was abandoned
 */
const enum ProcessState {
  Running,
  /** It got SIGTERM, and gets SIGKILL if it goes on. */
  Stopping,
  /** The thread that started it ends: it is killed, and its exit is not reported. */
  Abandoned,
  Exited,
}

/**
 * A worker process, in a process group of its own, started by `node:child_process` (docs/mechanisms.md says why not by
 * tinypool). One pipe carries calls to it, another carries outcomes back. What is in the latter survives the process.
 */
export class ProcessChannel implements Channel {
  readonly kind = 'process'
  readonly slots = new ParentSlotFile((error) => this.#slotFileFailed(error))
  readonly #listener: ChannelListener
  readonly #child: ChildProcess
  readonly #stderr: StderrTail
  readonly #outcomes: Socket | undefined
  readonly #runs = new RunCollector((message) => this.#listener.message(message))
  readonly #frames = new FrameStream((source, at, parts) => this.#frameArrived(readFrame(source, at, parts)))
  readonly #calls: Socket | undefined
  /** Open for as long as this thread lives. The worker ends when it closes. */
  readonly #lifeline: Socket | undefined
  readonly #writer: PipeWriter | undefined
  #state = ProcessState.Running
  #error: Error | undefined
  #killTimer: Timer | undefined
  /** Runs while a chunk is under way. */
  #keptTimer: Timer | undefined
  /** The call whose element arrived last. */
  #chunk = 0
  #nextRead = FIRST_READ

  constructor(options: ChannelOptions, listener: ChannelListener) {
    this.#listener = listener
    this.#child = this.#spawn(options)
    // Both are undefined if no descriptor was left: https://github.com/nodejs/node/issues/14166
    const { stderr, stdio } = this.#child as { stderr?: Readable | null; stdio?: readonly unknown[] }
    this.#stderr = new StderrTail(stderr ?? null)
    this.#calls = stdio?.[FROM_PARENT] as Socket | undefined
    this.#outcomes = stdio?.[TO_PARENT] as Socket | undefined
    this.#lifeline = stdio?.[LIFELINE] as Socket | undefined
    this.#writer = this.#calls && new PipeWriter(this.#calls)
    this.#watch()
    if (this.#child.pid !== undefined) addProcess(this)
    applyNice(this.#child.pid, options.context?.nice)
    this.send(options.settings as unknown as ParentMessage)
    this.#unref()
  }

  get id(): number | null {
    return this.#child.pid ?? null
  }

  send(message: ParentMessage): void {
    this.#writer?.write(writeMessage(message))
  }

  /**
   * Reads the slots, then the pipe: an outcome that moves from one to the other meanwhile is found twice, and never missed.
   * The dispatcher ignores an outcome that comes twice. Delivers in the order of publication: the pipe, then the slots.
   */
  drain(sequences: readonly number[]): void {
    const outcomes = sequences.map((sequence) => this.slots.outcome(sequence))
    const keptResults = this.slots.results()
    this.#readPipe()
    for (const result of keptResults) this.#runs.add(result)
    this.#runs.flush()
    for (const outcome of outcomes) if (outcome) this.#listener.message(outcome)
  }

  receive(): boolean {
    const more = this.#readPipe()
    this.#stderr.passOn() // the worker may be waiting for room in that pipe
    return more
  }

  setRef(isRef: boolean): void {
    // The process too, not only the pipe: its pipes close before its exit is known.
    if (isRef) {
      this.#outcomes?.ref()
      this.#child.ref()
    } else {
      this.#outcomes?.unref()
      this.#child.unref()
    }
  }

  /** Writes to the lifeline: the watchdog of the process reads it, whatever the body does. */
  extendLease(sequence: number, until: number): void {
    const bytes = Buffer.alloc(2 * Float64Array.BYTES_PER_ELEMENT)
    bytes.writeDoubleLE(sequence, 0)
    bytes.writeDoubleLE(until, Float64Array.BYTES_PER_ELEMENT)
    if (this.#state < ProcessState.Exited) this.#lifeline?.write(bytes)
  }

  kill(killAfter: number): void {
    if (this.#state !== ProcessState.Running) return
    this.#state = ProcessState.Stopping
    this.#signal('SIGTERM')
    this.#killTimer = after(killAfter, () => this.#signal('SIGKILL'))
  }

  /** Kills the process, because the thread that started it ends. Resolves when the process has been collected. */
  end(): Promise<void> {
    this.#state = ProcessState.Abandoned
    const exited = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()))
    this.#signal('SIGKILL')
    return exited
  }

  #spawn(options: ChannelOptions): ChildProcess {
    const { context = {} } = options
    try {
      const entry = isBundled ? bundleArguments(options.settings.depth) : { script: ENTRY, args: [ENTRY] }
      const { execArgv, env, cwd } = processStart(options, this.#note(context, entry.script))
      return childProcess().spawn(
        context.execPath ?? process.execPath,
        [...execArgv, ...entry.args, ...process.argv.slice(2)],
        {
          cwd,
          env,
          stdio: ['ignore', 'inherit', 'pipe', 'pipe', 'pipe', this.slots.fd, 'pipe', ...inheritedLifelines(options)],
          detached: true, // a process group of its own: stopping it also stops what it started
          windowsHide: true,
        },
      )
    } catch (error) {
      this.slots.close()
      throw error
    }
  }

  #note({ execPath = process.execPath }: ProcessContext, entry: string): StartNote {
    return { entry, program: execPath, slotFile: fileIdentity(this.slots.fd) }
  }

  #watch(): void {
    if (this.#outcomes) receiveFrom(this.#outcomes, (bytes) => this.#received(bytes))
    this.#outcomes?.on('error', () => undefined) // the exit says enough
    this.#calls?.on('error', () => undefined) // a write to a process that has exited
    this.#lifeline?.on('error', () => undefined).resume() // nothing arrives but its end
    this.#child.on('error', (error) => {
      this.#error = error
      if (this.#child.pid === undefined) this.#exited(null, null)
    })
    this.#child.on('exit', (exitCode, signal) => this.#exited(exitCode, signal))
  }

  /** Without its slot file, the parent cannot know which calls of this process have started. */
  #slotFileFailed(error: unknown): void {
    this.#error ??= error as Error
    this.#signal('SIGKILL')
  }

  /** @returns whether more may come */
  #readPipe(): boolean {
    const more = readFrames(this.#outcomes, this.#frames)
    this.#runs.flush()
    return more
  }

  #frameArrived(message: WorkerMessage): void {
    const { kind, sequence } = message
    if (kind === MessageKind.Element) {
      this.#chunk = sequence
      if (!this.#keptTimer || this.#nextRead > FIRST_READ) this.#readKeptIn(FIRST_READ)
    } else if (sequence === this.#chunk && kind <= MessageKind.Revoked) {
      clearAfter(this.#keptTimer)
      this.#keptTimer = undefined
    }
    this.#runs.add(message)
  }

  #readKeptIn(delay: number): void {
    clearAfter(this.#keptTimer)
    this.#nextRead = delay
    this.#keptTimer = after(delay, () => this.#readKept()).unref()
  }

  /** Delivers results that the worker has kept. It sends them with the next result, and that may take long. */
  #readKept(): void {
    if (this.#state === ProcessState.Exited) return
    this.#readKeptIn(Math.min(4 * this.#nextRead, LAST_READ))
    this.drain([])
  }

  #received(bytes: Buffer): void {
    this.#frames.push(bytes)
    readLarge(this.#outcomes, this.#frames)
    this.#runs.flush()
  }

  #unref(): void {
    this.#child.unref()
    this.#outcomes?.unref()
    this.#calls?.unref()
    this.#lifeline?.unref()
    this.#stderr.unref()
  }

  /** Reports the exit when both pipes have been read to their end. */
  #exited(exitCode: number | null, signal: NodeJS.Signals | null): void {
    if (this.#state === ProcessState.Exited) return
    const isReported = this.#state !== ProcessState.Abandoned
    this.#state = ProcessState.Exited
    removeProcess(this)
    clearAfter(this.#killTimer)
    clearAfter(this.#keptTimer)
    this.#signal('SIGKILL') // ends what the process had started
    let open = 2
    const closed = (): void => {
      open -= 1
      if (open > 0) return
      const exit = { exitCode, signal, error: this.#error, stderr: this.#stderr.text }
      if (isReported) this.#listener.exit({ ...exit, descendants: this.#descendantsEnd() })
      this.slots.close()
      this.#calls?.destroy()
    }
    whenClosed(this.#outcomes, undefined, closed)
    whenClosed(this.#child.stderr, STDERR_AFTER_EXIT, closed)
  }

  #descendantsEnd(): Promise<void> | undefined {
    const lifeline = this.#lifeline
    if (!lifeline || lifeline.closed) return undefined
    lifeline.ref() // the program may wait for what the processes own, and for nothing else
    const timer = after(ORPHANS_END, () => lifeline.unref()) // but not for one that is suspended
    return new Promise((resolve) =>
      lifeline.once('close', () => {
        clearAfter(timer)
        resolve()
      }),
    )
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child
    if (pid === undefined) return
    try {
      process.kill(-pid, signal)
    } catch {
      if (this.#state !== ProcessState.Exited) this.#child.kill(signal) // there are no process groups (Windows)
    }
  }
}

/** The descriptors of this process's lifelines, which a worker process inherits. */
function inheritedLifelines({ settings }: ChannelOptions): number[] {
  return Array.from({ length: settings.lifelines - 1 }, (_, index) => LIFELINE + index)
}
