/** Asks the debugger what cannot be found out otherwise: where a function was defined, and which objects are on the heap. */
import type { Session } from 'node:inspector'
import { host } from '../utils/realm'

/** The script that defines a function. */
export interface Location {
  /** A URL or a path; '' for evaluated code. */
  readonly url: string
  readonly isModule: boolean
  /** `line:column` in the script. Of a class, that of its constructor if it has one. */
  readonly position: string
}

/** Null if there is no inspector: Node.js was built without it, or permissions forbid it. */
export function locationOf(fn: Function): Location | null {
  return locationsOf([fn])[0] ?? null
}

/** The locations of several functions, for one look at all scripts. */
export function locationsOf(functions: readonly Function[]): ReadonlyArray<Location | null> {
  const found = inspect((session) => {
    const scripts = new Map<string, Script>()
    session.on('Debugger.scriptParsed', ({ params }) => scripts.set(params.scriptId, params))
    ask(session, 'Debugger.enable', {})
    return functions.map((fn) => locate(session, fn, scripts))
  })
  return found ?? functions.map(() => null)
}

function locate(session: Session, fn: Function, scripts: ReadonlyMap<string, Script>): Location | null {
  const { internalProperties } = ask<Properties>(session, 'Runtime.getProperties', {
    objectId: handleOf(session, fn),
    ownProperties: true,
  })
  const at = internalProperties?.find(({ name }) => name === '[[FunctionLocation]]')?.value?.value
  const script = at && scripts.get(at.scriptId)
  if (script === undefined) return null
  const position = `${at?.lineNumber}:${at?.columnNumber}`
  return { url: script.url, isModule: script.isModule ?? false, position }
}

interface Script {
  readonly url: string
  readonly isModule?: boolean
}

/** All objects of the host's realm with `prototype` in their chain; null without an inspector. Takes 10 ms or more. */
export function objectsWith(prototype: object): unknown[] | null {
  return inspect((session) => {
    const { objects } = ask<Handle>(session, 'Runtime.queryObjects', {
      prototypeObjectId: handleOf(session, prototype),
    })
    return withGlobal([], (read) => {
      const functionDeclaration = `function () { globalThis[${JSON.stringify(GLOBAL)}] = this }`
      ask(session, 'Runtime.callFunctionOn', { objectId: objects?.objectId, functionDeclaration })
      return read() as unknown[]
    })
  })
}

/** Frees what this thread does not use, so that its heap can be measured. Does nothing without an inspector. */
export async function collectGarbage(): Promise<void> {
  let session: Session | undefined
  try {
    const open = (session = openSession())
    // Unlike other questions, this one is answered in a later turn of the event loop.
    await new Promise<void>((resolve) => open.post('HeapProfiler.collectGarbage', () => resolve()))
  } catch {
    return // not available or not permitted
  } finally {
    session?.disconnect()
  }
}

interface Properties {
  internalProperties?: Array<{
    name: string
    value?: { value?: { scriptId: string; lineNumber: number; columnNumber?: number } }
  }>
}

interface Handle {
  result?: { objectId?: string }
  objects?: { objectId?: string }
}

/** The name of the global by which objects are exchanged with the debugger. */
const GLOBAL = '__pebble_ts_slot'

function inspect<T>(question: (session: Session) => T): T | null {
  let session: Session | undefined
  try {
    session = openSession()
    return question(session)
  } catch {
    return null // not available or not permitted; callers report that themselves
  } finally {
    session?.disconnect()
  }
}

function openSession(): Session {
  // Not an import: Node.js may be built without this module.
  const session = new (process.getBuiltinModule('node:inspector').Session)()
  session.connect()
  return session
}

/** In a session with the current thread, `post` calls back before it returns. */
function ask<T>(session: Session, method: string, params: object): T {
  let answer: { error: Error | null; result: unknown } | undefined
  session.post(method, params, (error, result) => (answer = { error, result }))
  if (answer === undefined || answer.error !== null)
    throw new Error(`${method}: ${answer?.error?.message ?? 'no answer'}`)
  return answer.result as T
}

function handleOf(session: Session, object: object): string {
  return withGlobal(object, () => {
    const { result } = ask<Handle>(session, 'Runtime.evaluate', { expression: `globalThis[${JSON.stringify(GLOBAL)}]` })
    if (result?.objectId === undefined) throw new Error('no handle')
    return result.objectId
  })
}

/** Puts `object` into a global of the host's realm while `use` runs: the debugger can read and write nothing else. */
function withGlobal<T>(object: object, use: (read: () => unknown) => T): T {
  const realm = host as unknown as Record<string, unknown>
  Object.defineProperty(realm, GLOBAL, { value: object, configurable: true, writable: true })
  try {
    return use(() => realm[GLOBAL])
  } finally {
    Reflect.deleteProperty(realm, GLOBAL)
  }
}
