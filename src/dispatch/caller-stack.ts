/**
 * Where a call was made, for the stack of its error. In the first thousands of calls of a thread, recording this takes
 * a quarter of the time of a call. So there is a budget: up to 2000 calls per second are recorded, and above that a
 * sample.
 */
import { Budget } from '../utils/budget'
import { recordStack, recordUserStack, textOf, userFrames, type RecordedStack } from '../utils/user-frames'
import { monotonic } from '../utils/clock'

/** Stacks that may be recorded in a burst, and how many more per ms. */
const BURST = 500
const PER_MS = 2

const budget = new Budget(BURST, PER_MS, monotonic)

export type CallerStack = RecordedStack

/**
 * Records where the current call is made, if the budget allows.
 *
 * @param below a function of this library on the stack: only the frames below it are recorded, which halves the cost
 */
export function recordCaller(below?: Function): CallerStack | undefined {
  if (!budget.take()) return undefined
  return below ? recordUserStack(below) : recordStack(recordCaller)
}

/**
 * Records where the current call is made, as text. A stack that V8 has recorded keeps the `this` of every frame in
 * memory, with everything that it refers to. Streams and maps must not do that: they end when their reader is
 * garbage-collected.
 */
export function recordCallerAsText(): CallerStack {
  return { stack: textOf(recordCaller()) }
}

/**
 * Appends the caller's frames to the stack of an error, below the frames of the error itself. A frozen error keeps its
 * stack.
 */
export function appendCaller(error: unknown, caller: CallerStack | undefined): void {
  const frames = callerFrames(caller)
  if (frames === '') return
  try {
    if (!(error instanceof Error)) return
    const remote = (error as { traceback?: unknown }).traceback
    setStack(error, withCaller(typeof remote === 'string' ? remote : String(error), frames))
  } catch {
    // Its properties cannot be read. It keeps its stack.
  }
}

/**
 * Makes the caller's frames the stack of an error. They are formatted when the stack is read: formatting takes some 50
 * µs, and if thousands of calls are cancelled together, hardly any stack is read.
 */
export function showCaller(error: Error, caller: CallerStack): void {
  Reflect.defineProperty(error, 'stack', {
    get: () => setStack(error, stackText(error, caller)),
    set: (stack: unknown) => setStack(error, stack),
    configurable: true,
  })
}

function stackText(error: Error, caller: CallerStack): string {
  let frames = ''
  try {
    frames = callerFrames(caller)
  } catch {
    // The program's `Error.prepareStackTrace` may throw. Reading a stack never does.
  }
  return frames === '' ? String(error) : withCaller(String(error), frames)
}

const withCaller = (top: string, frames: string): string => `${top}\n    at (called from the parent)\n${frames}`

function setStack<T>(error: Error, value: T): T {
  Reflect.defineProperty(error, 'stack', { value, writable: true, configurable: true })
  return value
}

/** The frames outside this library, as text; '' if none were recorded. */
function callerFrames(caller: CallerStack | undefined): string {
  return userFrames(textOf(caller))
}
