import { TimeoutError } from '../../errors'

/** A chunk's limit passed: the error tells which elements were in it, and how many had finished. */
export function limitOfChunk(error: unknown, first: number, count: number, finished: number): unknown {
  if (!(error instanceof TimeoutError) || count === 1) return error
  const message =
    `Elements ${first} to ${first + count - 1} were one chunk, which was stopped after ${error.timeout} ms ` +
    `(limit \`timeout: ${error.timeout}\`); ${finished} of them had finished and keep their results.`
  return new TimeoutError(message, error.timeout, { cause: error })
}
