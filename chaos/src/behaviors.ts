/** The behaviors that a call can have. The order of a call names one of them. */
import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { currentTask, Lock, type Queue } from 'pebble-ts'
import { noteRun, noteTurn } from './notes'
import { UnreadableInParent } from './bad-values'

export interface Order {
  readonly id: number
  readonly behavior: string
  /** How long the body takes, in ms. */
  readonly ms: number
  /** The value that the body returns. */
  readonly value: unknown
  /** The exit code, if the body ends its worker. */
  readonly code: number
}

/** In ms; longer than any worker holds the lock. */
const LOCK_LIMIT = 15_000
const QUEUE_LIMIT = 300
const lock = new Lock()
const leaked: string[][] = []

/** Runs the behavior of the order. `extra` is a value or a queue that some behaviors need. */
export function act(order: Order, extra?: unknown): unknown {
  noteRun(order.id)
  const behavior = behaviors[order.behavior]
  if (!behavior) throw new TypeError(`Unknown behavior ${order.behavior}`)
  return behavior(order, extra)
}

const behaviors: Record<string, (order: Order, extra: unknown) => unknown> = {
  value: ({ value }) => value,
  later: async ({ ms, value }) => {
    await sleep(ms)
    return value
  },
  spin: ({ ms, value }) => {
    for (const until = performance.now() + ms; performance.now() < until;);
    return value
  },
  throw: ({ id }) => {
    throw new RangeError(`ordered ${id}`)
  },
  throwValue: ({ id }) => {
    throw { ordered: id }
  },
  reject: async ({ id, ms }) => {
    await sleep(ms)
    throw new RangeError(`ordered ${id}`)
  },
  exit: ({ code }) => process.exit(code),
  exitLater: ({ code, ms }) => {
    setTimeout(() => process.exit(code), ms)
    return never()
  },
  hang: () => never(),
  loop: () => {
    for (;;);
  },
  leak: ({ value }) => {
    leaked.push(Array.from({ length: 40_000 }, (_, n) => `${n} ${Math.random()}`))
    return value
  },
  heap: () => {
    const held: unknown[] = []
    for (;;) held.push(new Array(10_000).fill({}))
  },
  throwInTimer: ({ id }) => {
    setTimeout(() => {
      throw new RangeError(`ordered ${id}`)
    }, 0)
    return never()
  },
  rejectUnhandled: ({ id }) => {
    void Promise.reject(new RangeError(`ordered ${id}`))
    return never()
  },
  badResult: () => ({ fn: () => 1 }),
  unreadableResult: () => new UnreadableInParent(),
  badArgs: ({ value }) => value,
  unreadableArgs: ({ value }) => value,
  exitingArgs: ({ value }) => value,
  huge: (_order, bytes) => bytes,
  report: async ({ ms, value }) => {
    for (let n = 0; n < 20; n++) currentTask().report(n)
    await sleep(ms)
    currentTask().report('done')
    return value
  },
  lock: async ({ id, ms, value }) => {
    using _held = await lock.acquire({ timeout: LOCK_LIMIT })
    noteTurn('+', id)
    await sleep(ms)
    noteTurn('-', id)
    return value
  },
  lockAndExit: async ({ id, code }) => {
    await lock.acquire({ timeout: LOCK_LIMIT })
    noteTurn('+', id)
    process.exit(code)
  },
  queueGet: async (_order, queue) => (queue as Queue<number>).get({ timeout: QUEUE_LIMIT }),
  queueAndExit: async ({ code }, queue) => {
    await (queue as Queue<number>).get({ timeout: QUEUE_LIMIT })
    process.exit(code)
  },
  queuePut: async ({ id, value }, queue) => {
    await (queue as Queue<number>).put(id)
    return value
  },
  // only for processes
  abort: () => process.abort(),
  kill: () => signalSelf('SIGKILL'),
  term: () => signalSelf('SIGTERM'),
  ignoreSigterm: () => {
    process.on('SIGTERM', () => undefined)
    for (;;);
  },
  spawn: ({ value }) => {
    spawn('sleep', ['600'], { stdio: 'ignore' }).unref()
    return value
  },
}

function signalSelf(signal: NodeJS.Signals): Promise<never> {
  process.kill(process.pid, signal)
  return never()
}

function never(): Promise<never> {
  return new Promise<never>(() => setInterval(() => undefined, 60_000))
}
