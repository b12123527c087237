/** Packing of the state of `this`, field by field: fields that cannot be sent are left out, and the others are sent. */
import { isPrimitive } from './encoding/markers'
import { formatInnerPath } from './encoding/paths'
import { an, isOutOfStack, isRefused, Refusal, TOO_DEEP } from './encoding/refusals'
import { ValueEncoder } from './encoding/value-encoder'
import { kindOf } from './encoding/value-kinds'
import { loggerState } from '../utils/nest-logger'
import type { AbsentField } from './call-batch'
import { serializableOf } from './serializable'
import { pack, type PackContext, type Packed } from './values'

const DEEP = 'an object that is nested too deeply'

export interface PackedFields {
  readonly packed: Packed
  readonly absent: AbsentField[]
}

/**
 * Packs the fields that can be sent, and lists the others. `fields` belongs to this function: fields that are left out
 * are deleted from it.
 */
export function packFields(fields: Record<string, unknown>, context: PackContext): PackedFields {
  const absent: AbsentField[] = []
  leaveOut(fields, absent, (value) => refusedByKind(value, context))
  try {
    return { packed: pack(fields, context), absent }
  } catch (error) {
    const before = absent.length
    leaveOut(fields, absent, (value) => refusedByEncoding(value, context))
    if (absent.length === before) throw error
    return { packed: pack(fields, context), absent }
  }
}

function leaveOut(
  fields: Record<string, unknown>,
  absent: AbsentField[],
  why: (value: unknown) => string | undefined,
): void {
  for (const field of Object.keys(fields)) {
    const value = fields[field]
    const description = isPrimitive(value) ? undefined : why(value)
    if (description === undefined) continue
    const logger = typeof value === 'object' && value !== null ? loggerState(value) : undefined
    absent.push(logger === undefined ? [field, description] : [field, description, logger])
    delete fields[field]
  }
}

/** Recognises the usual case, an injected service, by its class. Returns what a refused field holds. */
function refusedByKind(value: unknown, { strict }: PackContext): string | undefined {
  if (typeof value !== 'object' || value === null) return an(typeof value)
  const { encoding, name } = kindOf(value)
  if (!isRefused(encoding) && (encoding !== 'data' || strict !== true)) return undefined
  return encoding !== 'proxy' && serializableOf(value) ? undefined : `an instance of ${name}`
}

/** Encodes the field to find out. Returns what a refused field holds. */
function refusedByEncoding(value: unknown, context: PackContext): string | undefined {
  try {
    new ValueEncoder(context, { budget: Infinity, live: context.kind === 'thread' }).encode(value)
    return undefined
  } catch (error) {
    if (isOutOfStack(error)) return DEEP
    if (!(error instanceof Refusal)) return 'an object that cannot be read'
    if (error.what === TOO_DEEP) return DEEP
    const inner = formatInnerPath(error.steps)
    return inner === '' ? an(kindOf(value as object).name) : `an object that holds \`${inner}\` (${error.what})`
  }
}
