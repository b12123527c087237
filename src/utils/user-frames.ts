/** The frames of a stack that are the user's: those outside this package. */
import { join, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ownFolders } from './location'

/** Frames that are recorded at least: some of them are this package's. */
const FRAMES = 12
/** Where an error is made: its stack costs no call anything, and more of this package stands between. */
const DEEP = 30

const NO_STACK: RecordedStack = { stack: '' }

const OWN = pathsOf(sep)
const WORKER = [...pathsOf(`worker${sep}`), ...pathsOf(join('library', 'worker.js'))]

/** Holds V8's record of a stack; it becomes text only if it is asked for. */
export interface RecordedStack {
  readonly stack: string
}

/** Records the current stack below the function `below`. */
export function recordStack(below: Function, frames = FRAMES): RecordedStack {
  try {
    const limit = Error.stackTraceLimit
    if (limit >= frames || limit === 0) return capture(below)
    Reflect.set(Error, 'stackTraceLimit', frames) // where `Error` is frozen, the limit stays as it is
    const recorded = capture(below)
    Reflect.set(Error, 'stackTraceLimit', limit)
    return recorded
  } catch {
    return NO_STACK // the program has replaced a part of `Error` by code that throws
  }
}

/** The text of a recorded stack. `Error.prepareStackTrace` of the program makes it: it may give anything, or throw. */
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

/** Of the code that calls bodies. */
export const isWorkerFrame = (line: string): boolean => WORKER.some((folder) => line.includes(folder))

/** Of the code that the user wrote: neither this package's nor the runtime's. */
export const isUserFrame = (line: string): boolean =>
  isFrame(line) && !isOwnFrame(line) && !/\(?(?:node:[^)]*|<anonymous>)\)?$/.test(line)

/** The frames of a stack from the user's topmost on, without this package's; '' where there are none. */
export function userFrames(stack: unknown): string {
  if (typeof stack !== 'string') return '' // a hook of the program's makes stacks something else
  const lines = stack.split('\n')
  const top = lines.findIndex(isUserFrame)
  if (top < 0) return ''
  return lines
    .slice(top)
    .filter((line) => isFrame(line) && !isOwnFrame(line))
    .join('\n')
}

/**
 * Gives an error of this package the frames of the call that it is about, instead of those of the code that found it
 * out. Without `stack` it is the current call.
 */
export function atCaller(error: unknown, recorded: RecordedStack = recordStack(atCaller, DEEP)): void {
  if (!(error instanceof Error)) return
  try {
    const frames = userFrames(textOf(recorded))
    const value = `${error.name}: ${error.message}\n${frames}`
    if (frames !== '') Object.defineProperty(error, 'stack', { value, configurable: true, writable: true })
  } catch {
    // it is frozen, or a hook of the program's made the stack something else: the error keeps the one it has
  }
}

/** What stands in the frames of a part of this package, as it runs and as source maps show it. */
function pathsOf(part: string): string[] {
  const paths = ownFolders.map((folder) => join(folder, part))
  return [...paths, ...paths.map((path) => pathToFileURL(path).href)]
}

function capture(below: Function): RecordedStack {
  const holder = {} as { stack: string }
  Error.captureStackTrace(holder, below)
  return holder
}
