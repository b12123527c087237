/**
 * Where a call was made, for the stack of its error. Recording costs about 2 µs, more than the rest of a call, so there
 * is a budget: every call up to some thousands per second, a sample of a flood.
 */
import { Budget } from '../utils/budget'
import { recordStack, textOf, userFrames, type RecordedStack } from '../utils/user-frames'
import { monotonic } from '../wire/slots'

/** Stacks that may be recorded in a burst, and how many come back per ms. */
const BURST = 2000
const PER_MS = 10

const budget = new Budget(BURST, PER_MS, monotonic)

export type CallerStack = RecordedStack

/** Records where the current call is made, if the budget allows. */
export function recordCaller(): CallerStack | undefined {
  return budget.take() ? recordStack(recordCaller) : undefined
}

/**
 * The same as text, at once. V8's record holds the `this` of every frame, and by it whatever that holds: a call that is to
 * notice that something was dropped must not hold it so.
 */
export function recordCallerAsText(): CallerStack {
  return { stack: textOf(recordCaller()) }
}

/** The frames outside this library, as text; '' where none was recorded. */
export function callerFrames(caller: CallerStack | undefined): string {
  return userFrames(textOf(caller))
}
