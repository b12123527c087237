import { callerFrames, type CallerStack } from './caller-stack'

/**
 * Makes the caller's frames the stack of an error. They become text when the stack is read: formatting takes some 50 µs,
 * and of thousands of calls that are cancelled together hardly any is looked at.
 */
export function showCaller(error: Error, caller: CallerStack): void {
  Reflect.defineProperty(error, 'stack', {
    get: () => keep(error, stackText(error, caller)),
    set: (stack: unknown) => keep(error, stack),
    configurable: true,
  })
}

function keep<T>(error: Error, value: T): T {
  Reflect.defineProperty(error, 'stack', { value, writable: true, configurable: true })
  return value
}

function stackText(error: Error, caller: CallerStack): string {
  const title = String(error)
  const frames = framesOf(caller)
  return frames === '' ? title : `${title}\n    at (called from the parent)\n${frames}`
}

/** An `Error.prepareStackTrace` of the program's may throw, or give anything: reading a stack never throws. */
function framesOf(caller: CallerStack): string {
  try {
    return callerFrames(caller)
  } catch {
    return ''
  }
}
