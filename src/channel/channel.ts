import type { ParentMessage, SessionSettings, WorkerMessage } from '../wire/messages'
import type { ParentSlots } from '../wire/slots'

/** How a worker ended. */
export interface WorkerExit {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  /** What ended it, where the runtime tells (a thread's heap is exhausted, a program that cannot be started). */
  readonly error: Error | undefined
  /** The last of what it wrote to stderr; empty for threads. */
  readonly stderr: string
}

/** Who hears of a worker. Neither may throw. */
export interface ChannelListener {
  message(message: WorkerMessage): void
  /** Once, after the last message. */
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
  /** Added to this process's environment; `undefined` removes. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  readonly resourceLimits?: ResourceLimits
}

export interface ChannelOptions {
  readonly settings: SessionSettings
  readonly resourceLimits?: ResourceLimits
  readonly context?: ProcessContext
}

/**
 * One worker, as the parent sees it, from its start to its exit: the only runtime seam. Made started; what is sent
 * before it listens waits for it.
 */
export interface Channel {
  readonly kind: 'thread' | 'process'
  /** The process id or thread id; `null` until it is known. */
  readonly id: number | null
  readonly slots: ParentSlots
  /** @throws what structured clone throws, in threads, where a LIVE payload cannot be cloned */
  send(message: ParentMessage, transfer?: readonly unknown[]): void
  /** Receives now what the worker has published by now of these calls. */
  drain(sequences: readonly number[]): void
  /** Receives now, without the event loop, all that the worker has written; `false` once it is gone. Processes only. */
  receive(): boolean
  /** Whether this worker keeps the program alive. */
  setRef(held: boolean): void
  /** Ends it: at once a thread; a process by SIGTERM, and by SIGKILL `patience` ms later. */
  kill(patience: number): void
}
