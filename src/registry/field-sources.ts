/**
 * Fields of `this` that cannot be sent, such as injected services: where a worker finds its own.
 *
 *   parent   fieldSourceOf(self) ─► { name, data } goes with the call
 *   worker   the source of that name ─► the fields of the worker's own instance of the class
 */
import type { ClassRef } from './keys'
import { shared } from './shared'

/** Names a source, and tells it what to look for. Plain data. */
export interface FieldSourceRef {
  readonly name: string
  readonly data: unknown
}

/**
 * Returns the worker's value of a field of one class.
 *
 * @throws {FieldMissing} there is none
 */
export type FieldLookup = (field: string) => unknown

/** A worker has no value of its own for a field. The message completes the sentence "`this.x` is not available: …". */
export class FieldMissing extends Error {}

export interface FieldSource {
  /** In the parent: how a worker finds the fields of this instance; `undefined` if this source does not know. */
  refOf(self: object): FieldSourceRef | undefined
  /** In a worker: finds the fields of the class. It is asked again for later calls if it rejects. */
  open(ref: FieldSourceRef, cls: Function, worker: SourceHost): Promise<FieldLookup>
}

/** What a worker offers its sources. */
export interface SourceHost {
  /** Imports the module of a class, and finds the class in it. Rejects with `NotFoundError`. */
  findClass(ref: ClassRef): Promise<Function>
}

const sources = shared('field-sources', () => new Map<string, FieldSource>())

export function addFieldSource(name: string, source: FieldSource): void {
  sources.set(name, source)
}

export function fieldSource(name: string): FieldSource | undefined {
  return sources.get(name)
}

/** How a worker finds the fields of this instance that cannot be sent; `undefined` if no source knows. */
export function fieldSourceOf(self: object): FieldSourceRef | undefined {
  for (const source of sources.values()) {
    const ref = source.refOf(self)
    if (ref !== undefined) return ref
  }
  return undefined
}
