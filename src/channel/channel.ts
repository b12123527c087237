/**
 * The parent's end of a worker: how it is started, how messages travel, how it ends. What differs between threads and
 * processes is in this folder and in `worker/`. Elsewhere a few things depend on the kind: what can be packed (`wire/`),
 * the errors of a worker that died (`dispatch/call-errors.ts`), and the public classes and options of `pools/`.
 *
 *   WorkerHandle ─► Channel ─┬─ ThreadChannel    a thread of tinypool:  message port, ring, slots in shared memory
 *                            └─ ProcessChannel   a child process:       pipes, slot file
 */
import type { ParentMessage, SessionSettings, WorkerMessage } from '../wire/messages'
import type { ParentSlots } from '../wire/slots'

/** After this time, worker processes whose parent is gone have ended, in ms: their watchdogs wait for 500 ms. */
export const ORPHANS_END = 1500

/** How a worker ended. */
export interface WorkerExit {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  /** Why it ended, if Node reports it: the heap of a thread is exhausted, a program cannot be started. */
  readonly error: Error | undefined
  /** The end of what it wrote to stderr; empty for threads. */
  readonly stderr: string
  /** Resolves when the worker processes below it have ended, too. `undefined`: there are none. */
  readonly descendants?: Promise<void> | undefined
}

/** Receives the messages and the exit of a worker. Its methods must not throw. */
export interface ChannelListener {
  message(message: WorkerMessage): void
  /** Called once, after the last message. */
  exit(exit: WorkerExit): void
}

/** Limits of V8 in a worker, in MB: those of `node:worker_threads`. */
export interface ResourceLimits {
  readonly maxOldGenerationSizeMb?: number
  readonly maxYoungGenerationSizeMb?: number
  readonly codeRangeSizeMb?: number
  readonly stackSizeMb?: number
}

/** How a worker process is started. */
export interface ProcessContext {
  /** The program; default `process.execPath`. */
  readonly execPath?: string
  /** Options of Node; default those of this process, without debugger and `--eval`. */
  readonly execArgv?: readonly string[]
  /** Added to this process's environment; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  readonly resourceLimits?: ResourceLimits
  /**
   * The scheduling priority, from -20 (highest) to 19 (lowest), as `os.setPriority()` takes it. With 10, the program keeps
   * the cores that it needs, and the process gets the rest. Values below that of this process need privileges. Default:
   * that of this process.
   */
  readonly nice?: number
}

export interface ChannelOptions {
  readonly settings: SessionSettings
  readonly resourceLimits?: ResourceLimits
  readonly context?: ProcessContext
}

/** One worker from its start to its exit. The constructor starts it. Messages sent before it listens wait for it. */
export interface Channel {
  readonly kind: 'thread' | 'process'
  /** The process id or thread id; `null` until it is known. */
  readonly id: number | null
  readonly slots: ParentSlots
  /** @throws what structured clone throws, in threads, if a LIVE payload (`wire/packed.ts`) cannot be cloned */
  send(message: ParentMessage, transfer?: readonly unknown[]): void
  /** Receives at once what the worker has published so far, also what is in the slots of these calls. */
  drain(sequences: readonly number[]): void
  /**
   * Like `drain()`, but for a program that exits (`at-exit.ts`), whose event loop has ended. Processes only.
   *
   * @returns whether more may come: `false` once the worker is gone
   */
  receive(): boolean
  /** Sets whether this worker keeps the program alive. */
  setRef(isRef: boolean): void
  /** Extends the lease of a call: the process may live until then, in ms of `monotonic()`. Processes only. */
  extendLease(sequence: number, until: number): void
  /** Ends the worker: a thread at once, a process by SIGTERM and, `killAfter` ms later, by SIGKILL. */
  kill(killAfter: number): void
}
