/** Tasks that are sent as values: their key is sent. */
import { mapStrings, localName, portableName } from '../utils/portable-names'
import { labelOf, type MethodKey } from './keys'
import { adopt, registrationOf, registrationsNamed, type Registration } from './registrations'
import { shared } from './shared'

/**
 * The prefix of task ids. A worker resolves them, together with the ids of classes, before it decodes the arguments.
 */
const PREFIX = 'task:'

const byKey = shared('tasks', () => new Map<string, Function>())

/**
 * The key and the id of a task, wrapped function or static method; undefined for anything else.
 *
 * @param far for another machine: the name of the module is portable
 */
export function encodeTask(fn: Function, far: boolean): { key: MethodKey; id: string } | undefined {
  const key = registrationOf(fn)?.key
  if (!key?.topLevel || key.holder === 'instance') return undefined
  const plain = mapStrings({ ...key }, far ? portableName : String)
  return { key: plain, id: PREFIX + JSON.stringify(plain) }
}

/** The key in an id of {@link encodeTask}; undefined if the id is that of a class. */
export function taskKeyOf(id: string): MethodKey | undefined {
  return id.startsWith(PREFIX) ? (JSON.parse(localName(id.slice(PREFIX.length))) as MethodKey) : undefined
}

/** In a worker: remembers the function that the key names. */
export function rememberTask(key: MethodKey, wrapper: Function): void {
  byKey.set(textOf(key), wrapper)
}

/** The task. If its module is not loaded here, a function that can be scheduled but throws when it is called. */
export function decodeTask(data: unknown): Function {
  const key = mapStrings(data as MethodKey, localName)
  const known = byKey.get(textOf(key))
  if (known) return known
  const wrapper = registrationsNamed(key).find((candidate) => isSame(candidate, key))?.wrapper ?? standIn(key)
  rememberTask(key, wrapper)
  return wrapper
}

function isSame({ key }: Registration, other: MethodKey): boolean {
  return key.hash === other.hash && key.ordinal === other.ordinal && key.sequence === other.sequence
}

function standIn(key: MethodKey): Function {
  const refuse = (): never => {
    throw new Error(
      `${labelOf(key)} came from a worker, and its module is not loaded here: it can be scheduled, but not called.`,
    )
  }
  adopt(key, refuse)
  return refuse
}

const textOf = (key: MethodKey): string => JSON.stringify(Object.entries(key))
