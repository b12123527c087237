/** Records stacks, and finds the frames of user code in them: those outside of this package. */
import { join, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isBundled, ownFolders } from './location'

/** The minimum number of frames to record: some of them belong to this package. */
const FRAMES = 12
/** The same for errors, which have more of our frames in between. No successful call pays for it. */
const DEEP = 30

/**
 * Frames of user code that are recorded per call: the library's own frames are not counted. `USUAL` is Node's own limit. A
 * program that raises `Error.stackTraceLimit` gets as many frames as it wants.
 */
const SHORT = 7
const USUAL = 10

const NO_STACK: RecordedStack = { stack: '' }

const OWN = pathsOf(sep)
const WORKER = [...pathsOf(`worker${sep}`), ...pathsOf(join('library', 'pebble-ts-worker.js'))]

/** V8's record of a stack. It is formatted only when `stack` is read. */
export interface RecordedStack {
  readonly stack: string
}

/** Records the current stack below the function `below`. */
export function recordStack(below: Function, frames = FRAMES): RecordedStack {
  try {
    const limit = Error.stackTraceLimit
    if (limit >= frames || limit === 0) return capture(below)
    Reflect.set(Error, 'stackTraceLimit', frames) // has no effect if `Error` is frozen
    const recorded = capture(below)
    Reflect.set(Error, 'stackTraceLimit', limit)
    return recorded
  } catch {
    return NO_STACK // the program has replaced a part of `Error` by code that throws
  }
}

/**
 * The same, with few frames: those below `below` are user code, or at most one of this package. The cost of a record
 * grows with its frames.
 */
export function recordUserStack(below: Function): RecordedStack {
  try {
    const limit = Error.stackTraceLimit
    if (limit > USUAL || limit < SHORT) return capture(below)
    Error.stackTraceLimit = SHORT // throws if `Error` is frozen
    const recorded = capture(below)
    Error.stackTraceLimit = limit
    return recorded
  } catch {
    return recordStack(below)
  }
}

/**
 * Runs `make`, which creates an error whose stack is set later, without recording a stack. Recording takes longer than
 * the rest of a cancellation. (A limit of 0 would record an empty stack, which is formatted when it is replaced.)
 */
export function withoutStack<E extends Error>(make: () => E): E {
  const limit = Error.stackTraceLimit
  if (!Reflect.set(Error, 'stackTraceLimit', undefined)) return make() // `node --frozen-intrinsics`
  try {
    return make()
  } finally {
    Error.stackTraceLimit = limit
  }
}

/**
 * The text of a recorded stack. The program's `Error.prepareStackTrace` formats it, which may return anything, or
 * throw.
 */
export function textOf(recorded: RecordedStack | undefined): string {
  try {
    const stack: unknown = recorded?.stack
    return typeof stack === 'string' ? stack : ''
  } catch {
    return ''
  }
}

export const isFrame = (line: string): boolean => /^\s+at /.test(line)

export const isOwnFrame = (line: string): boolean => OWN.some((folder) => line.includes(folder))

/** Whether the frame belongs to the code that calls bodies. */
export const isWorkerFrame = (line: string): boolean => WORKER.some((folder) => line.includes(folder))

/** Whether the frame is user code: neither of this package nor of Node.js. */
export const isUserFrame = (line: string): boolean =>
  isFrame(line) && !isOwnFrame(line) && !/\(?(?:node:[^)]*|<anonymous>)\)?$/.test(line)

/** The frames of a stack from the topmost one of user code on, without those of this package; '' if there are none. */
export function userFrames(stack: unknown): string {
  if (typeof stack !== 'string') return '' // the program's `prepareStackTrace` returned something else
  const lines = stack.split('\n')
  const top = lines.findIndex(isUserFrame)
  if (top < 0) return ''
  return lines
    .slice(top)
    .filter((line) => isFrame(line) && !isOwnFrame(line))
    .join('\n')
}

/**
 * Replaces the frames of an error of this package by those of the code that made the call. Without `recorded`, that is
 * the code that is calling the library now.
 */
export function atCaller(error: unknown, recorded: RecordedStack = recordStack(atCaller, DEEP)): void {
  if (!(error instanceof Error)) return
  try {
    const frames = userFrames(textOf(recorded))
    const value = `${error.name}: ${error.message}\n${frames}`
    if (frames !== '') Object.defineProperty(error, 'stack', { value, configurable: true, writable: true })
  } catch {
    // The error is frozen, or a hook of the program interferes. The error keeps its stack.
  }
}

/**
 * The paths of a part of this package in stack frames: of the compiled code, and of the sources that source maps show.
 * In a bundle, only its source map tells the library from the program.
 */
function pathsOf(part: string): string[] {
  if (isBundled) return [`/pebble-ts/dist/${part.replaceAll(sep, '/').replace(/^\//, '')}`]
  const paths = ownFolders.map((folder) => join(folder, part))
  return [...paths, ...paths.map((path) => pathToFileURL(path).href)]
}

function capture(below: Function): RecordedStack {
  const holder = {} as { stack: string }
  Error.captureStackTrace(holder, below)
  return holder
}
