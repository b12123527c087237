/** Checks each outcome: it must match the order of the call, or a fault or an interference must explain it. */
import { isDeepStrictEqual } from 'node:util'
import {
  CancelledError,
  PoolError,
  ProcessExpired,
  QueueEmpty,
  SerializationError,
  ThreadExpired,
  TimeoutError,
} from 'pebble-ts'
import { outsideSignals } from './outside-signals.mjs'

const EXITING = new Set(['exit', 'exitLater', 'exitingArgs', 'lockAndExit', 'queueAndExit'])
const THROWING = new Set(['throw', 'reject', 'throwInTimer', 'rejectUnhandled'])
const SIGNALS = { abort: 'SIGABRT', kill: 'SIGKILL', term: 'SIGTERM' }

/** `undefined` if the outcome is expected or explained; otherwise a description of the fault. */
export function faultOf(about, outcome) {
  const wrong = 'error' in outcome ? wrongError(about, outcome.error) : wrongValue(about.order, outcome.value)
  return wrong && `${wrong}; ${about.record?.description ?? ''}`
}

function wrongValue(order, value) {
  const { behavior } = order
  if (behavior === 'queueGet') return typeof value === 'number' ? undefined : `got ${String(value)} from a queue`
  if (behavior === 'huge') return value?.byteLength === order.bytes ? undefined : 'the bytes came back changed'
  if (fails(order)) return `resolved, though ordered to fail`
  return isDeepStrictEqual(value, order.value) ? undefined : `gave another value than was ordered`
}

/** Whether a body with this behavior cannot return a value. */
function fails({ behavior }) {
  return (
    EXITING.has(behavior) ||
    THROWING.has(behavior) ||
    behavior in SIGNALS ||
    [
      'throwValue',
      'heap',
      'hang',
      'loop',
      'ignoreSigterm',
      'badResult',
      'unreadableResult',
      'badArgs',
      'unreadableArgs',
    ].includes(behavior)
  )
}

function wrongError(about, error) {
  if (isExpected(about, error) || isExplained(about, error)) return undefined
  return `rejected by ${error instanceof Error ? `${error.constructor.name}: ${error.message}` : String(error)}`
}

function isExpected({ order }, error) {
  const { behavior, id, code } = order
  if (THROWING.has(behavior)) return error instanceof RangeError && error.message === `ordered ${id}`
  if (behavior === 'throwValue') return error?.ordered === id
  if (EXITING.has(behavior) && hasExpired(error)) return error.exitCode === code
  if (behavior in SIGNALS && hasExpired(error)) return error.signal === SIGNALS[behavior]
  if (behavior === 'heap') return hasExpired(error) && /ran out of memory/.test(error.message)
  if (behavior === 'badResult') return error instanceof SerializationError && error.path === 'result.fn'
  if (behavior === 'badArgs') return error instanceof SerializationError && error.path === 'args[1].fn'
  if (behavior === 'unreadableResult') return isUnreadable(error, 'result')
  if (behavior === 'unreadableArgs') return isUnreadable(error, 'argument')
  if (behavior === 'queueGet' || behavior === 'queueAndExit')
    return error instanceof TimeoutError || error instanceof QueueEmpty
  return false
}

function isExplained({ record, timeout, cancelled }, error) {
  if (error instanceof CancelledError) return cancelled() || record.stopped
  if (error instanceof TimeoutError) return timeout !== undefined && error.timeout === timeout
  if (error instanceof PoolError) return record.explains(error)
  if (error instanceof ProcessExpired && outsideSignals.explain(error)) return true
  if (record.options.concurrency > 1) return hasExpired(error) || /^ordered \d+$/.test(error?.message) // the behavior of another call in the same worker
  return false
}

const hasExpired = (error) => error instanceof ProcessExpired || error instanceof ThreadExpired

const isUnreadable = (error, what) =>
  [error, error?.cause].some((each) => each instanceof SyntaxError && each.message === `ordered: unreadable ${what}`)
