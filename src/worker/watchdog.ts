import { Worker } from 'node:worker_threads'
import { LIFELINE } from '../wire/messages'
import { monotonic } from '../utils/clock'

/** How long this process may take to end by itself once its parent is gone, in ms. */
const END_AFTER = 500
/** How many extensions of leases are remembered: those of calls that a worker may have. */
const EXTENSIONS = 512

/**
 * A thread that ends this process in two cases. The main thread may be in an endless loop and never return to its events.
 *
 * **The parent is gone.** The kernel closes the lifeline when the process at the other end ends, and Node closes it when
 * the thread that opened it ends. Comparing pids would be less reliable: a launcher may stand between, and pids are reused.
 *
 * **The lease of a call runs out.** The parent extends it over the lifeline. A parent that is stopped, or too busy, does
 * not, and another machine may start the call then.
 *
 *   main thread ── [sequence, until] before a body, [sequence] after it ──► guarded ◄── lifeline: sequence, until
 *
 * The whole process group ends, including what this process has started. It is addressed by 0, the own group, which the
 * parent has made for this worker. The pid of this process would be wrong if a launcher leads the group.
 */
const WATCH = `
const { Socket } = require('node:net')
const { parentPort, workerData } = require('node:worker_threads')
const end = () => process.kill(0, 'SIGKILL')
const guarded = new Map()
const extended = new Map()
let timer
function check() {
  clearTimeout(timer)
  const left = Math.min(...guarded.values()) - Number(process.hrtime.bigint()) / 1e6
  if (left <= 0) end()
  else if (left < Infinity) timer = setTimeout(check, left)
}
function extend(sequence, until) {
  if (guarded.has(sequence)) guarded.set(sequence, until)
  else extended.set(sequence, until)
  if (extended.size > ${EXTENSIONS}) extended.delete(extended.keys().next().value)
}
parentPort.on('message', ([sequence, until]) => {
  if (until === undefined) guarded.delete(sequence)
  else guarded.set(sequence, Math.max(until, extended.get(sequence) ?? 0))
  extended.delete(sequence)
  check()
  if (until === undefined) return
  Atomics.add(workerData, 0, 1)
  Atomics.notify(workerData, 0)
})
let rest = Buffer.alloc(0)
function read(bytes) {
  rest = Buffer.concat([rest, bytes])
  for (; rest.byteLength >= 16; rest = rest.subarray(16)) extend(rest.readDoubleLE(0), rest.readDoubleLE(8))
  check()
}
const lifeline = new Socket({ fd: ${LIFELINE}, readable: true, writable: false })
lifeline.on('error', () => undefined).on('close', () => setTimeout(end, ${END_AFTER})).on('data', read)
`

let watchdog: Worker | undefined
/** How many bodies the watchdog has begun to guard. */
const guarded = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
let asked = 0

export function watchParent(): void {
  const limits = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 }
  watchdog = new Worker(WATCH, { eval: true, execArgv: [], env: {}, resourceLimits: limits, workerData: guarded })
  watchdog.on('error', () => undefined) // without it, the main thread still sees the pipes close, between bodies
  watchdog.unref()
}

/**
 * Ends this process at that time, unless the parent extends the lease or {@link releaseLease} is called before. If the time
 * has passed, only the watchdog knows whether the lease was extended: the body does not start before it has looked.
 *
 * @param until in ms of `monotonic()`
 */
export function guardLease(sequence: number, until: number): void {
  watchdog?.postMessage([sequence, until])
  asked += 1
  if (watchdog === undefined || until > monotonic()) return
  for (let seen = guarded[0] as number; seen < asked; seen = guarded[0] as number) Atomics.wait(guarded, 0, seen)
}

/** The body of the call is over. */
export function releaseLease(sequence: number): void {
  watchdog?.postMessage([sequence])
}

/** Ends this process and what it has started, because the parent is gone. */
export function endWithGroup(): never {
  process.once('exit', () => process.kill(0, 'SIGKILL'))
  process.exit(0)
}
