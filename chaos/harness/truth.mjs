/** Whether an outcome is what was ordered, or explained by what was done to the call. */
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
import { strikes } from './strikes.mjs'

const EXIT_DEEDS = new Set(['exit', 'exitLater', 'deadlyArgs', 'lockDie', 'queueDie'])
const THROWING = new Set(['throw', 'reject', 'stray', 'unheard'])
const SIGNALS = { abort: 'SIGABRT', kill: 'SIGKILL', term: 'SIGTERM' }

/** `undefined` where it is true; else what is wrong with it. */
export function complaintAbout(about, outcome) {
  const wrong = 'error' in outcome ? wrongError(about, outcome.error) : wrongValue(about.order, outcome.value)
  return wrong && `${wrong}; ${about.rig?.story ?? ''}`
}

function wrongValue(order, value) {
  const { deed } = order
  if (deed === 'queueGet') return typeof value === 'number' ? undefined : `got ${String(value)} from a queue`
  if (deed === 'huge') return value?.byteLength === order.bytes ? undefined : 'the bytes came back changed'
  if (fails(order)) return `resolved, though ordered to fail`
  return isDeepStrictEqual(value, order.value) ? undefined : `gave another value than was ordered`
}

/** Whether the deed cannot give a value. */
function fails({ deed }) {
  return (
    EXIT_DEEDS.has(deed) ||
    THROWING.has(deed) ||
    deed in SIGNALS ||
    ['throwValue', 'heap', 'hang', 'loop', 'deaf', 'badResult', 'rottenResult', 'badArgs', 'thornyArgs'].includes(deed)
  )
}

function wrongError(about, error) {
  if (isOrdered(about, error) || isExplained(about, error)) return undefined
  return `rejected by ${error instanceof Error ? `${error.constructor.name}: ${error.message}` : String(error)}`
}

function isOrdered({ order }, error) {
  const { deed, id, code } = order
  if (THROWING.has(deed)) return error instanceof RangeError && error.message === `ordered ${id}`
  if (deed === 'throwValue') return error?.ordered === id
  if (EXIT_DEEDS.has(deed) && hasExpired(error)) return error.exitCode === code
  if (deed in SIGNALS && hasExpired(error)) return error.signal === SIGNALS[deed]
  if (deed === 'heap') return hasExpired(error) && /ran out of memory/.test(error.message)
  if (deed === 'badResult') return error instanceof SerializationError && error.path === 'result.fn'
  if (deed === 'badArgs') return error instanceof SerializationError && error.path === 'args[1].fn'
  if (deed === 'rottenResult') return isUnreadable(error, 'result')
  if (deed === 'thornyArgs') return isUnreadable(error, 'argument')
  if (deed === 'queueGet' || deed === 'queueDie') return error instanceof TimeoutError || error instanceof QueueEmpty
  return false
}

function isExplained({ rig, timeout, cancelled }, error) {
  if (error instanceof CancelledError) return cancelled() || rig.stopped
  if (error instanceof TimeoutError) return timeout !== undefined && error.timeout === timeout
  if (error instanceof PoolError) return rig.explains(error)
  if (error instanceof ProcessExpired && strikes.explain(error)) return true
  if (rig.options.concurrency > 1) return hasExpired(error) || /^ordered \d+$/.test(error?.message) // what its mates do
  return false
}

const hasExpired = (error) => error instanceof ProcessExpired || error instanceof ThreadExpired

const isUnreadable = (error, what) =>
  [error, error?.cause].some((each) => each instanceof SyntaxError && each.message === `ordered: unreadable ${what}`)
