/**
 * Where a call was made, for the stack of its error. Recording costs about 2 µs, more than the rest of a call, so there
 * is a budget: every call up to some thousands per second, a sample of a flood.
 */
import { sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Budget } from '../utils/budget'
import { ownFolders } from '../utils/location'
import { monotonic } from '../wire/slots'

const FRAMES = 12
/** Stacks that may be recorded in a burst, and how many come back per ms. */
const BURST = 2000
const PER_MS = 10

/** This package's code, as it runs and as source maps show it. */
const OWN_FOLDERS = ownFolders.map((folder) => folder + sep)
const OWN = [...OWN_FOLDERS, ...OWN_FOLDERS.map((folder) => pathToFileURL(folder).href)]

const budget = new Budget(BURST, PER_MS, monotonic)

/** Holds V8's record of a stack; it becomes text only if it is asked for. */
export interface CallerStack {
  readonly stack: string
}

/** Records where the current call is made, if the budget allows. */
export function recordCaller(): CallerStack | undefined {
  if (!budget.take()) return undefined
  try {
    const limit = Error.stackTraceLimit
    if (limit >= FRAMES || limit === 0) return capture()
    Reflect.set(Error, 'stackTraceLimit', FRAMES) // not where `Error` is frozen: then it stays as it is
    const caller = capture()
    Reflect.set(Error, 'stackTraceLimit', limit)
    return caller
  } catch {
    return undefined // the program has replaced a part of `Error` by what throws
  }
}

/** The frames outside this library, as text; '' where none was recorded. */
export function callerFrames(caller: CallerStack | undefined): string {
  return textOf(caller)
    .split('\n')
    .filter((line) => /^\s+at /.test(line) && !OWN.some((folder) => line.includes(folder)))
    .join('\n')
}

/** `Error.prepareStackTrace` of the program makes the text: it may give anything, or throw. */
function textOf(caller: CallerStack | undefined): string {
  try {
    const stack: unknown = caller?.stack
    return typeof stack === 'string' ? stack : ''
  } catch {
    return ''
  }
}

function capture(): CallerStack {
  const holder = {} as { stack: string }
  Error.captureStackTrace(holder, recordCaller)
  return holder
}
