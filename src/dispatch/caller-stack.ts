/**
 * Where a call was made, for the stack of its error. Recording costs about 2 µs, more than the rest of a call, so there
 * is a budget: every call up to some thousands per second, a sample of a flood.
 */
import { join, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Budget } from '../utils/budget'
import { monotonic } from '../wire/slots'

const FRAMES = 12
/** Stacks that may be recorded in a burst, and how many come back per ms. */
const BURST = 2000
const PER_MS = 10

/** This package's code, as it runs and as source maps show it. */
const OWN_FOLDERS = ['dist', 'src'].map((folder) => join(__dirname, '..', '..', folder) + sep)
const OWN = [...OWN_FOLDERS, ...OWN_FOLDERS.map((folder) => pathToFileURL(folder).href)]

const budget = new Budget(BURST, PER_MS, monotonic)

/** Holds V8's record of a stack; it becomes text only if it is asked for. */
export interface CallerStack {
  readonly stack: string
}

/** Records where the current call is made, if the budget allows. */
export function recordCaller(): CallerStack | undefined {
  if (!budget.take()) return undefined
  const limit = Error.stackTraceLimit
  if (limit >= FRAMES || limit === 0) return capture()
  try {
    Error.stackTraceLimit = FRAMES
    return capture()
  } finally {
    Error.stackTraceLimit = limit
  }
}

/**
 * The same as text, at once. V8's record holds the `this` of every frame, and by it whatever that holds: a call that is to
 * notice that something was dropped must not hold it so.
 */
export function recordCallerAsText(): CallerStack {
  try {
    return { stack: recordCaller()?.stack ?? '' }
  } catch {
    return { stack: '' } // the program's `Error.prepareStackTrace` has thrown
  }
}

/** The frames outside this library, as text; '' where none was recorded. */
export function callerFrames(caller: CallerStack | undefined): string {
  if (!caller) return ''
  return caller.stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line) && !OWN.some((folder) => line.includes(folder)))
    .join('\n')
}

function capture(): CallerStack {
  const holder = {} as { stack: string }
  Error.captureStackTrace(holder, recordCaller)
  return holder
}
