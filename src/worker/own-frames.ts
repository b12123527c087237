import { isFrame, isOwnFrame, isUserFrame, isWorkerFrame } from '../utils/user-frames'

/**
 * Reduces the stack of an error that a body threw to the user's frames. It removes the frames of this library above the
 * body, if the library threw the error, and everything below the body.
 */
export function withoutOwnFrames(error: unknown): unknown {
  try {
    if (!(error instanceof Error)) return error
    const { stack } = error
    if (typeof stack === 'string' && stack.split('\n').some(isOwnFrame)) error.stack = shortened(stack)
  } catch {
    // the error is frozen, or reading its stack throws: it stays as it is
  }
  return error
}

function shortened(stack: string): string {
  const lines = stack.split('\n')
  const top = lines.findIndex(isFrame)
  const first = lines.findIndex((line) => isOwnFrame(line) || isUserFrame(line))
  const users = isOwnFrame(lines[first] ?? '') ? lines.findIndex(isUserFrame) : top // frames of Node above the body stay
  const body = users < 0 ? [] : lines.slice(users)
  const below = body.findIndex(isWorkerFrame)
  const own = below < 0 ? body : body.slice(0, below)
  while (isCaller(own.at(-1) ?? '')) own.pop()
  return [...lines.slice(0, top), ...own].join('\n')
}

/** Whether the frame is of the code that calls bodies in a context of their own. */
const isCaller = (line: string): boolean => isOwnFrame(line) || line.includes('(node:async_hooks:')
