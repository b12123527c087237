/** Finds the worker's own values of fields of `this` that could not be sent. */
import { createRequire } from 'node:module'
import {
  FieldMissing,
  fieldSource,
  type FieldLookup,
  type FieldSource,
  type FieldSourceRef,
} from '../registry/field-sources'
import { ownFile } from '../utils/location'
import { resolveClassRef } from './resolve'

/** By class, then by source. */
const opened = new WeakMap<Function, Map<string, FieldLookup>>()

/** Opens the source of the fields of a class, once. */
export async function openFields(ref: FieldSourceRef, cls: Function): Promise<FieldLookup> {
  const known = opened.get(cls)?.get(keyOf(ref))
  if (known) return known
  try {
    const lookup = await sourceOf(ref.name).open(ref, cls, { findClass: resolveClassRef })
    const lookups = opened.get(cls) ?? new Map<string, FieldLookup>()
    opened.set(cls, lookups.set(keyOf(ref), lookup))
    return lookup
  } catch (error) {
    return () => {
      throw error // only a body that reads the field needs it
    }
  }
}

/** The entry points that are loaded by name. The name comes with a call: it must not reach other files. */
const LOADABLE: ReadonlySet<string> = new Set(['nestjs'])

/** The source adds itself when its entry point is loaded; in a bundle, that has happened. */
function sourceOf(name: string): FieldSource {
  if (!fieldSource(name) && LOADABLE.has(name)) createRequire(__filename)(ownFile(`${name}.js`))
  const source = fieldSource(name)
  if (source) return source
  throw new FieldMissing(`this worker has no 'pebble-ts/${name}'.`)
}

const keyOf = (ref: FieldSourceRef): string => JSON.stringify(ref)
