import { isFrame, isOwnFrame, isUserFrame, isWorkerFrame } from '../utils/user-frames'

/**
 * Leaves of the stack of a body's error what is the user's: the frames of this library above the body, where it threw the
 * error, go, and so do all below the body.
 */
export function withoutOurFrames(error: unknown): unknown {
  try {
    if (!(error instanceof Error)) return error
    const { stack } = error
    if (typeof stack === 'string' && stack.split('\n').some(isOwnFrame)) error.stack = shortened(stack)
  } catch {
    // frozen, or a stack that throws: it stays as it is
  }
  return error
}

function shortened(stack: string): string {
  const lines = stack.split('\n')
  const top = lines.findIndex(isFrame)
  const first = lines.findIndex((line) => isOwnFrame(line) || isUserFrame(line))
  const users = isOwnFrame(lines[first] ?? '') ? lines.findIndex(isUserFrame) : top // what the runtime throws, too
  const body = users < 0 ? [] : lines.slice(users)
  const below = body.findIndex(isWorkerFrame)
  return [...lines.slice(0, top), ...(below < 0 ? body : body.slice(0, below))].join('\n')
}
