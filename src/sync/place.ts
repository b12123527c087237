/** Where a lock was taken, for the warning of a deadlock; text only if it is asked for. */
export interface Place {
  readonly text: string
}

/** The code that called `below`. */
export function placeBelow(below: Function): Place {
  const stack = captureOne(below)
  return {
    get text() {
      const [, frame] = /^\s+at (.*)$/m.exec(stack.stack) ?? []
      return frame ?? 'code without a name'
    },
  }
}

/** One frame: V8 takes as many µs as there are frames. */
function captureOne(below: Function): { readonly stack: string } {
  const holder = {} as { stack: string }
  const limit = Error.stackTraceLimit
  Reflect.set(Error, 'stackTraceLimit', 1) // not under --frozen-intrinsics: then it stays as it is
  Error.captureStackTrace(holder, below)
  Reflect.set(Error, 'stackTraceLimit', limit)
  return holder
}
