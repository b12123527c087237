/** Tasks that cross as values: by the key that names them to a worker. */
import { labelOf, type MethodKey } from './keys'
import { adopt, registrationOf, registrationsNamed, type Registration } from './registrations'
import { shared } from './shared'

/** Begins the ids of tasks among those of classes: what a worker resolves before it unpacks. */
const PREFIX = 'task:'

const found = shared('tasks', () => new Map<string, Function>())

/** Names a task, a wrapped function or a static method; undefined for anything else. */
export function encodeTask(fn: Function): { key: MethodKey; id: string } | undefined {
  const key = registrationOf(fn)?.key
  if (!key?.topLevel || key.holder === 'instance') return undefined
  const plain = { ...key, module: { ...key.module } }
  return { key: plain, id: PREFIX + JSON.stringify(plain) }
}

/** The key in an id of {@link encodeTask}; undefined where the id is that of a class. */
export function taskKeyOf(id: string): MethodKey | undefined {
  return id.startsWith(PREFIX) ? (JSON.parse(id.slice(PREFIX.length)) as MethodKey) : undefined
}

/** In a worker: which function the key names there. */
export function rememberTask(key: MethodKey, wrapper: Function): void {
  found.set(textOf(key), wrapper)
}

/** The task; where its module is not loaded here, one in its place that can be scheduled and not be called. */
export function decodeTask(data: unknown): Function {
  const key = data as MethodKey
  const known = found.get(textOf(key))
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
      `${labelOf(key)} came from a worker, and its module is not loaded here: it can be scheduled, but not be called.`,
    )
  }
  adopt(key, refuse)
  return refuse
}

const textOf = (key: MethodKey): string => JSON.stringify(Object.entries(key))
