/** Joins what threads and processes found about the same classes. */
import type { ClassFinding } from './class-fields'
import type { ClassReport, FieldReport, Finding, Kind } from './report'
import { missingHook } from './texts'

export interface ClassesOfKind {
  readonly kind: Kind
  readonly found: readonly ClassFinding[]
}

export interface MergedClasses {
  readonly classes: readonly ClassReport[]
  readonly findings: readonly Finding[]
}

/** Both kinds import the same module, so what has one id is the same class. */
export function mergeClasses(kinds: readonly ClassesOfKind[]): MergedClasses {
  const all = kinds.flatMap(({ kind, found }) => found.map((cls) => ({ kind, cls })))
  const classes: ClassReport[] = []
  const findings: Finding[] = []
  for (const id of new Set(all.map(({ cls }) => cls.id))) {
    const same = all.filter(({ cls }) => cls.id === id)
    const { name } = (same[0] as (typeof same)[number]).cls
    const hook = same.find(({ cls }) => cls.missingHook !== null)?.cls.missingHook
    if (typeof hook === 'string') findings.push(missingHook(name, hook))
    classes.push({
      name,
      instance: same.every(({ cls }) => cls.instance),
      fields: fieldsOf(same),
      unchecked: [...new Set(same.flatMap(({ cls }) => cls.unchecked))],
    })
  }
  return { classes, findings }
}

function fieldsOf(same: ReadonlyArray<{ readonly kind: Kind; readonly cls: ClassFinding }>): FieldReport[] {
  const fields = new Map<string, FieldReport>()
  for (const { kind, cls } of same) {
    for (const field of cls.fields) {
      const id = `${field.name}\n${field.holds}`
      const kinds = new Set([...(fields.get(id)?.kinds ?? []), kind])
      fields.set(id, { ...field, kinds: [...kinds] })
    }
  }
  return [...fields.values()]
}
