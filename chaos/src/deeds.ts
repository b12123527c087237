/** What a call can be ordered to do. */
import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { currentTask, Lock, type Queue } from 'pebble-ts'
import { noteRun, noteTurn } from './notes'
import { Rotten } from './poison'

export interface Order {
  readonly id: number
  readonly deed: string
  /** How long it takes. */
  readonly ms: number
  /** What it returns. */
  readonly value: unknown
  /** The exit code where it ends its worker. */
  readonly code: number
}

/** Longer than any worker's turn takes. */
const LOCK_PATIENCE = 15_000
const QUEUE_PATIENCE = 300
const lock = new Lock()
const leaked: string[][] = []

/** Does what was ordered; `thing` is what some deeds need. */
export function act(order: Order, thing?: unknown): unknown {
  noteRun(order.id)
  const deed = deeds[order.deed]
  if (!deed) throw new TypeError(`No deed ${order.deed}`)
  return deed(order, thing)
}

const deeds: Record<string, (order: Order, thing: unknown) => unknown> = {
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
  stray: ({ id }) => {
    setTimeout(() => {
      throw new RangeError(`ordered ${id}`)
    }, 0)
    return never()
  },
  unheard: ({ id }) => {
    void Promise.reject(new RangeError(`ordered ${id}`))
    return never()
  },
  badResult: () => ({ fn: () => 1 }),
  rottenResult: () => new Rotten(),
  badArgs: ({ value }) => value,
  thornyArgs: ({ value }) => value,
  deadlyArgs: ({ value }) => value,
  huge: (_order, bytes) => bytes,
  tell: async ({ ms, value }) => {
    for (let n = 0; n < 20; n++) currentTask().report(n)
    await sleep(ms)
    currentTask().report('done')
    return value
  },
  lock: async ({ id, ms, value }) => {
    using _held = await lock.acquire({ timeout: LOCK_PATIENCE })
    noteTurn('+', id)
    await sleep(ms)
    noteTurn('-', id)
    return value
  },
  lockDie: async ({ id, code }) => {
    await lock.acquire({ timeout: LOCK_PATIENCE })
    noteTurn('+', id)
    process.exit(code)
  },
  queueGet: async (_order, queue) => (queue as Queue<number>).get({ timeout: QUEUE_PATIENCE }),
  queueDie: async ({ code }, queue) => {
    await (queue as Queue<number>).get({ timeout: QUEUE_PATIENCE })
    process.exit(code)
  },
  queuePut: async ({ id, value }, queue) => {
    await (queue as Queue<number>).put(id)
    return value
  },
  // for processes alone
  abort: () => process.abort(),
  kill: () => signalSelf('SIGKILL'),
  term: () => signalSelf('SIGTERM'),
  deaf: () => {
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
