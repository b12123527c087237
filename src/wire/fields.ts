/** The state of `this`: its fields one by one, since one that cannot cross does not keep the others back. */
import { kindOf } from './value-kinds'
import { isPrimitive } from './markers'
import { formatPath } from './path'
import { an, isOutOfStack, isRefused, Refusal, TOO_DEEP } from './refusals'
import { serializableOf } from './serializable'
import { pack, type PackContext, type Packed } from './values'
import { Encoder } from './encoder'

const DEEP = 'an object that is nested too deeply'

/** A field that stays behind, and what it is: `['db', 'an instance of Database']`. */
export type AbsentField = readonly [field: string, description: string]

export interface PackedFields {
  readonly packed: Packed
  readonly absent: AbsentField[]
}

/**
 * Packs the fields that can cross, and tells the others. `fields` is an object of the caller's making: what stays
 * behind is deleted from it.
 */
export function packFields(fields: Record<string, unknown>, context: PackContext): PackedFields {
  const absent: AbsentField[] = []
  leaveOut(fields, absent, (value) => atSight(value, context))
  try {
    return { packed: pack(fields, context), absent }
  } catch (error) {
    const before = absent.length
    leaveOut(fields, absent, (value) => onTheWay(value, context))
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
    absent.push([field, description])
    delete fields[field]
  }
}

/** The usual case, an injected service, is told by its class alone. */
function atSight(value: unknown, { strict }: PackContext): string | undefined {
  if (typeof value !== 'object' || value === null) return an(typeof value)
  const { encoding, name } = kindOf(value)
  if (!isRefused(encoding) && (encoding !== 'data' || strict !== true)) return undefined
  return encoding !== 'proxy' && serializableOf(value) ? undefined : `an instance of ${name}`
}

function onTheWay(value: unknown, context: PackContext): string | undefined {
  try {
    new Encoder(context, { budget: Infinity, live: context.kind === 'thread' }).encode(value)
    return undefined
  } catch (error) {
    if (isOutOfStack(error)) return DEEP
    if (!(error instanceof Refusal)) return 'an object that cannot be read'
    if (error.what === TOO_DEEP) return DEEP
    const inner = formatPath('', error.steps).replace(/^\./, '')
    return inner === '' ? an(kindOf(value as object).name) : `an object that holds \`${inner}\` (${error.what})`
  }
}
