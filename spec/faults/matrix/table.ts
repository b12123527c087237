/**
 * The fault matrix: what happens to the call in which the fault occurs. What happens to the other calls depends on the place
 * (`places.ts`). A text says why a cell is impossible.
 */
import type { Fault } from '../../fixtures/strikes/strike'
import type { Cell, Cells, Failure, Success } from './cells'

export const PLACES = [
  'load',
  'initializer',
  'arguments',
  'before',
  'after',
  'streaming',
  'result (hook)',
  'result (getter)',
  'idle',
  'draining',
  'shutdown',
] as const
export type Place = (typeof PLACES)[number]

const each = (thread: Cell, process: Cell): Cells => ({ thread, process })

const whole: Success = { value: 'whole' }
const warned: Success = { value: 'whole', warns: 'struck' }
const own: Failure = { name: 'RangeError', says: ['struck'] }
const late: Failure = { name: 'TimeoutError', fields: { code: 'ERR_PEBBLE_TIMEOUT', timeout: 100 } }
const cancelled: Failure = { name: 'AbortError', fields: { code: 'ERR_PEBBLE_CANCELLED' } }
const uncrossable = (path: string): Failure => ({
  name: 'SerializationError',
  fields: { code: 'ERR_PEBBLE_SERIALIZATION', path },
})

// Fields of the error classes for workers that died.
const thread = (exitCode: number, ...says: string[]): Failure => ({
  name: 'ThreadExpired',
  fields: { code: 'ERR_PEBBLE_THREAD_EXPIRED', exitCode, threadId: expect.any(Number) },
  says,
})
const child = (exitCode: number | null, signal: string | null, ...says: string[]): Failure => ({
  name: 'ProcessExpired',
  fields: { code: 'ERR_PEBBLE_PROCESS_EXPIRED', exitCode, signal, pid: expect.any(Number) },
  says,
})

const threadMemory: Failure = {
  ...thread(1, 'ran out of memory'),
  cause: { name: 'Error', fields: { code: 'ERR_WORKER_OUT_OF_MEMORY' } },
}
const childMemory: Failure = {
  ...child(null, 'SIGABRT', 'ran out of memory', 'JavaScript heap out of memory'),
}

const noSignals = 'a signal is for the whole program, and not for one of its threads'
const noSigterm = 'threads get no SIGTERM that they could ignore'
const noAbort: Failure = { name: 'TypeError', fields: { code: 'ERR_WORKER_UNSUPPORTED_OPERATION' } }
const sync = 'a hook gives its value at once: a promise would be that value'
const crossesNothing = 'no value crosses there'

const exits = (code: number): Cells => each(thread(code, `exited with code ${code}`), child(code, null))
const aborts = each(noAbort, child(null, 'SIGABRT'))
const killed = each(noSignals, child(null, 'SIGKILL', 'was ended by SIGKILL'))
const memory = each(threadMemory, childMemory)
const deaf = each(noSigterm, late)

/** A call fails after this many workers have died while they imported its module. */
const atLoad = (failure: Failure): Failure => ({
  ...failure,
  says: [...(failure.says ?? []), 'while it imported the module of `loaded`', '3 workers in a row'],
})
/** The cause of the failure. */
const notFound: Failure = { name: 'NotFoundError', fields: { code: 'ERR_PEBBLE_NOT_FOUND' }, cause: own }
const broken = (cause: Failure): Failure => ({
  name: 'PoolError',
  fields: { code: 'ERR_PEBBLE_POOL' },
  says: ['The pool is broken', ...(cause.says ?? [])],
  cause,
})
const lateStart = broken({ ...late, fields: { ...late.fields, timeout: 1_000 }, says: ['initTimeout: 1000'] })
/** An error that names the value; its cause is what the hook threw. */
const hookThrew: Failure = { ...uncrossable('result'), cause: own }
const unreadable = (cause: Failure): Failure => ({
  ...uncrossable(''), // only the sender knows its path
  says: ['Cannot rebuild a Mine: static [deserialize] threw'],
  cause,
})
const hookAborted = each({ ...uncrossable('result'), cause: noAbort }, child(null, 'SIGABRT'))

export const TABLE: Readonly<Record<Fault, Readonly<Record<Place, Cells>>>> = {
  throw: {
    load: notFound,
    initializer: broken(own),
    arguments: unreadable(own),
    before: own,
    after: own,
    streaming: own,
    'result (hook)': hookThrew,
    'result (getter)': { ...uncrossable('result.value'), cause: own },
    idle: 'between calls only a timer can throw: see that row',
    draining: own,
    shutdown: each(own, cancelled),
  },
  reject: {
    load: notFound,
    initializer: broken(own),
    arguments: sync,
    before: own,
    after: own,
    streaming: own,
    'result (hook)': sync,
    'result (getter)': sync,
    idle: 'between calls nobody hears a rejection: see that row',
    draining: own,
    shutdown: each(own, cancelled),
  },
  'exit 0': {
    load: each(atLoad(thread(0)), atLoad(child(0, null))),
    initializer: each(broken(thread(0)), broken(child(0, null))),
    arguments: exits(0),
    before: exits(0),
    after: exits(0),
    streaming: exits(0),
    'result (hook)': exits(0),
    'result (getter)': exits(0),
    idle: whole,
    draining: exits(0),
    shutdown: each(thread(0), cancelled),
  },
  'exit 7': {
    load: each(atLoad(thread(7)), atLoad(child(7, null))),
    initializer: each(broken(thread(7)), broken(child(7, null))),
    arguments: exits(7),
    before: exits(7),
    after: exits(7),
    streaming: exits(7),
    'result (hook)': exits(7),
    'result (getter)': exits(7),
    idle: whole,
    draining: exits(7),
    shutdown: each(thread(7), cancelled),
  },
  abort: {
    load: each({ ...notFound, cause: noAbort }, atLoad(child(null, 'SIGABRT'))),
    initializer: each(broken(noAbort), broken(child(null, 'SIGABRT'))),
    arguments: each(unreadable(noAbort), child(null, 'SIGABRT')),
    before: aborts,
    after: aborts,
    streaming: aborts,
    'result (hook)': hookAborted,
    'result (getter)': each({ ...uncrossable('result.value'), cause: noAbort }, child(null, 'SIGABRT')),
    idle: each({ ...warned, warns: 'process.abort() is not supported' }, whole),
    draining: aborts,
    shutdown: each(noAbort, cancelled),
  },
  SIGKILL: {
    load: each(noSignals, atLoad(child(null, 'SIGKILL'))),
    initializer: each(noSignals, broken(child(null, 'SIGKILL'))),
    arguments: killed,
    before: killed,
    after: killed,
    streaming: killed,
    'result (hook)': killed,
    'result (getter)': killed,
    idle: each(noSignals, whole),
    draining: killed,
    shutdown: each(noSignals, cancelled),
  },
  'SIGTERM ignored': {
    load: each(noSigterm, late),
    initializer: each(noSigterm, lateStart),
    arguments: deaf,
    before: deaf,
    after: deaf,
    streaming: deaf,
    'result (hook)': deaf,
    'result (getter)': deaf,
    idle: each(noSigterm, whole),
    draining: deaf,
    shutdown: each(noSigterm, cancelled),
  },
  heap: {
    load: each(atLoad(threadMemory), atLoad(childMemory)),
    initializer: each(broken(threadMemory), broken(childMemory)),
    arguments: memory,
    before: memory,
    after: memory,
    streaming: memory,
    'result (hook)': memory,
    'result (getter)': memory,
    idle: whole,
    draining: memory,
    shutdown: each(threadMemory, cancelled),
  },
  loop: {
    load: late,
    initializer: lateStart,
    arguments: late,
    before: late,
    after: late,
    streaming: late,
    'result (hook)': late,
    'result (getter)': late,
    idle: whole,
    draining: late,
    shutdown: each(late, cancelled),
  },
  timer: {
    load: warned,
    initializer: broken(own),
    arguments: own,
    before: own,
    after: own,
    streaming: own,
    'result (hook)': warned,
    'result (getter)': warned,
    idle: warned,
    draining: own,
    shutdown: each(own, cancelled),
  },
  unheard: {
    load: warned,
    initializer: broken(own),
    arguments: own,
    before: own,
    after: own,
    streaming: own,
    'result (hook)': warned,
    'result (getter)': warned,
    idle: warned,
    draining: own,
    shutdown: each(own, cancelled),
  },
  uncrossable: {
    load: crossesNothing,
    initializer: whole, // its result stays in the worker
    arguments: uncrossable('args[0].fn'),
    before: uncrossable('progress.fn'),
    after: uncrossable('progress.fn'),
    streaming: uncrossable('yielded.fn'),
    'result (hook)': uncrossable('result[serialize]().fn'),
    'result (getter)': uncrossable('result.value'),
    idle: crossesNothing,
    draining: uncrossable('progress.fn'),
    shutdown: each(uncrossable('progress.fn'), cancelled),
  },
}
