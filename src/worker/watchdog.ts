import { Worker } from 'node:worker_threads'
import { LONGEST_TIMER } from '../utils/after'
import { LIFELINE } from '../wire/messages'
import { monotonic } from '../utils/clock'

/** How long this process may take to end by itself once its parent is gone, in ms. */
const END_AFTER = 500
/** How many leases a block of the table has. */
const PER_BLOCK = 64
/** The time at which the watchdog looks if no body is guarded, in µs. */
const NEVER = 2n ** 62n

/**
 * A thread that ends this process in two cases. The main thread may be in an endless loop and never return to its events.
 *
 * **The parent is gone.** The kernel closes the lifeline when the process at the other end ends, and Node closes it when
 * the thread that opened it ends. Comparing pids would be less reliable: a launcher may stand between, and pids are reused.
 *
 * **The lease of a call runs out.** The parent extends it over the lifeline. A parent that is stopped, or too busy, does
 * not, and another machine may start the call then.
 *
 *   main thread ── writes [sequence, until] ──► table in shared memory ◄── reads ── watchdog ◄── lifeline: sequence, until
 *        └── a message, only if the watchdog would look too late ────────────────────►┘
 *
 * The watchdog wakes up when the earliest lease that it knows runs out. Only then does it read newer leases, so most
 * bodies cost no message. It stores the time at which it will wake up, and then reads the table again. The main thread
 * writes to the table, and then reads that time. So whichever comes second sees what the other one has written.
 *
 * Before it ends the process, it reads what the lifeline holds. If the process has started slowly, the first lease may be
 * over already, and its extension is still unread.
 *
 * The whole process group ends, including what this process has started. It is addressed by 0, the own group, which the
 * parent has made for this worker. The pid of this process would be wrong if a launcher leads the group.
 */
const WATCH = `
const { Socket } = require('node:net')
const { parentPort, workerData } = require('node:worker_threads')
const end = () => process.kill(0, 'SIGKILL')
const { looksAt, looks } = workerData
const table = []
const extended = new Map()
let timer
const now = () => Number(process.hrtime.bigint() / 1000n)
function firstEnd() {
  let first = Infinity
  for (const block of table) {
    for (let at = 0; at < block.length; at += 2) {
      const until = Atomics.load(block, at + 1)
      const sequence = Number(Atomics.load(block, at))
      if (Atomics.load(block, at + 1) !== until) at -= 2 // another call has the place now
      else if (until > 0n) first = Math.min(first, Math.max(Number(until), extended.get(sequence) ?? 0))
    }
  }
  return first
}
function look() {
  clearTimeout(timer)
  let first
  do {
    first = firstEnd()
    if (first <= now()) end()
    Atomics.store(looksAt, 0, first < Infinity ? BigInt(first) : ${NEVER}n)
  } while (firstEnd() < first)
  if (first < Infinity) timer = setTimeout(lookSoon, Math.min(Math.max(1, (first - now()) / 1000), ${LONGEST_TIMER}))
  for (const [sequence, until] of extended) if (until <= now()) extended.delete(sequence)
}
// setImmediate: the event loop reads the lifeline first
const lookSoon = () => setImmediate(look)
parentPort.on('message', (block) => {
  if (block) table.push(block)
  setImmediate(() => {
    look()
    Atomics.add(looks, 0, 1)
    Atomics.notify(looks, 0)
  })
})
let rest = Buffer.alloc(0)
function read(bytes) {
  rest = Buffer.concat([rest, bytes])
  for (; rest.byteLength >= 16; rest = rest.subarray(16))
    extended.set(rest.readDoubleLE(0), Math.round(1000 * rest.readDoubleLE(8)))
  look()
}
const lifeline = new Socket({ fd: ${LIFELINE}, readable: true, writable: false })
lifeline.on('error', () => undefined).on('close', () => setTimeout(end, ${END_AFTER})).on('data', read)
`

let watchdog: Worker | undefined
/** When the watchdog looks next, in µs of `monotonic()`. */
const looksAt = new BigInt64Array(new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT)).fill(NEVER)
/** How many messages have made the watchdog look. */
const looks = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
let asked = 0

/** The place of a lease in the table: `block[at]` is the sequence, and `block[at + 1]` the end in µs, or 0. */
export interface LeasePlace {
  readonly block: BigInt64Array
  readonly at: number
}
const free: LeasePlace[] = []

export function watchParent(): void {
  const limits = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 }
  const workerData = { looksAt, looks }
  watchdog = new Worker(WATCH, { eval: true, execArgv: [], env: {}, resourceLimits: limits, workerData })
  watchdog.on('error', () => undefined) // without it, the main thread still sees the pipes close, between bodies
  watchdog.unref()
}

/**
 * Ends this process at that time, unless the parent extends the lease or {@link releaseLease} is called before. If the time
 * has passed, only the watchdog knows whether the lease was extended: the body does not start before it has looked.
 *
 * @param until in ms of `monotonic()`
 */
export function guardLease(sequence: number, until: number): LeasePlace {
  const place = free.pop() ?? addBlock()
  const end = BigInt(Math.max(1, Math.round(1000 * until)))
  Atomics.store(place.block, place.at, BigInt(sequence))
  Atomics.store(place.block, place.at + 1, end)
  const isOver = until <= monotonic()
  if (isOver || end < Atomics.load(looksAt, 0)) askWatchdog()
  if (isOver) waitForWatchdog()
  return place
}

/** The body of the call is over. */
export function releaseLease(place: LeasePlace): void {
  Atomics.store(place.block, place.at + 1, 0n)
  free.push(place)
}

function addBlock(): LeasePlace {
  const block = new BigInt64Array(new SharedArrayBuffer(2 * PER_BLOCK * BigInt64Array.BYTES_PER_ELEMENT))
  for (let at = 0; at < block.length; at += 2) free.push({ block, at })
  askWatchdog(block)
  return free.pop() as LeasePlace
}

function waitForWatchdog(): void {
  if (watchdog === undefined) return
  for (let seen = Atomics.load(looks, 0); seen < asked; seen = Atomics.load(looks, 0)) Atomics.wait(looks, 0, seen)
}

/** Makes the watchdog look at the table now. @param block a new one of the table */
function askWatchdog(block?: BigInt64Array): void {
  watchdog?.postMessage(block)
  asked += 1
}

/** Ends this process and what it has started, because the parent is gone. */
export function endWithGroup(): never {
  process.once('exit', () => process.kill(0, 'SIGKILL'))
  process.exit(0)
}
