/** Questions that only the debugger can answer: where a function was written, and what is on the heap. */
import type { Session } from 'node:inspector'
import { host } from '../utils/realm'

/** Where the text of a function comes from. */
export interface Location {
  /** A URL or a path; '' for evaluated code. */
  readonly url: string
  readonly isModule: boolean
}

/** Null where this build or its permissions have no inspector. */
export function locationOf(fn: Function): Location | null {
  return inspect((session) => {
    const scripts = new Map<string, Location>()
    session.on('Debugger.scriptParsed', ({ params }) => {
      scripts.set(params.scriptId, { url: params.url, isModule: params.isModule ?? false })
    })
    ask(session, 'Debugger.enable', {})
    const { internalProperties } = ask<Properties>(session, 'Runtime.getProperties', {
      objectId: handleOf(session, fn),
      ownProperties: true,
    })
    const found = internalProperties?.find(({ name }) => name === '[[FunctionLocation]]')?.value?.value
    return found === undefined ? null : (scripts.get(found.scriptId) ?? null)
  })
}

/** Every object of the host's realm with `prototype` in its chain; null where there is no inspector. Costs 10 ms and more. */
export function objectsWith(prototype: object): unknown[] | null {
  return inspect((session) => {
    const { objects } = ask<Handle>(session, 'Runtime.queryObjects', {
      prototypeObjectId: handleOf(session, prototype),
    })
    return exchange([], (slot) => {
      const functionDeclaration = `function () { globalThis[${JSON.stringify(SLOT)}] = this }`
      ask(session, 'Runtime.callFunctionOn', { objectId: objects?.objectId, functionDeclaration })
      return slot() as unknown[]
    })
  })
}

interface Properties {
  internalProperties?: Array<{ name: string; value?: { value?: { scriptId: string } } }>
}

interface Handle {
  result?: { objectId?: string }
  objects?: { objectId?: string }
}

const SLOT = '__pebble_ts_slot'

function inspect<T>(question: (session: Session) => T): T | null {
  let session: Session | undefined
  try {
    // Not an import: a build without the inspector has no such module.
    session = new (process.getBuiltinModule('node:inspector').Session)()
    session.connect()
    return question(session)
  } catch {
    return null // built without the inspector, or not permitted: the caller has a message for not knowing
  } finally {
    session?.disconnect()
  }
}

/** Of a session in its own thread, answers come before `post` returns. */
function ask<T>(session: Session, method: string, params: object): T {
  let answer: { error: Error | null; result: unknown } | undefined
  session.post(method, params, (error, result) => (answer = { error, result }))
  if (answer === undefined || answer.error !== null)
    throw new Error(`${method}: ${answer?.error?.message ?? 'no answer'}`)
  return answer.result as T
}

function handleOf(session: Session, object: object): string {
  return exchange(object, () => {
    const { result } = ask<Handle>(session, 'Runtime.evaluate', { expression: `globalThis[${JSON.stringify(SLOT)}]` })
    if (result?.objectId === undefined) throw new Error('no handle')
    return result.objectId
  })
}

/** Objects go in and out of the debugger through a global of the host's realm. */
function exchange<T>(object: object, use: (slot: () => unknown) => T): T {
  const realm = host as unknown as Record<string, unknown>
  Object.defineProperty(realm, SLOT, { value: object, configurable: true, writable: true })
  try {
    return use(() => realm[SLOT])
  } finally {
    Reflect.deleteProperty(realm, SLOT)
  }
}
