/**
 * What the doctor finds, as plain data. `--json` prints a {@link Report}: members may be added, but never renamed,
 * removed or changed. docs/doctor.md describes it.
 */

export type Kind = 'thread' | 'process'

/** `error`: something cannot run; `warning`: something is probably wrong; `note`: something to know. */
export type Level = 'error' | 'warning' | 'note'

export interface Finding {
  readonly level: Level
  /** Identifies the kind of finding. Does not change between versions. */
  readonly code: string
  readonly message: string
}

/** Whether workers of one kind find a method, and if not, why. */
export type Lookup = { readonly found: true } | { readonly found: false; readonly reason: string }

/** One value for each kind of worker that was checked. */
export type PerKind<T> = { readonly [K in Kind]?: T }

export interface MethodReport {
  /** `Reports.render`, or the name of a task. */
  readonly name: string
  /** The name of the class; null for tasks and wrapped functions. */
  readonly class: string | null
  readonly holder: 'instance' | 'static' | 'function'
  readonly workers: PerKind<Lookup>
}

/** A field of `this` that does not cross. */
export interface FieldFinding {
  readonly name: string
  /** What it holds: `an instance of Database`. */
  readonly holds: string
  /** `instance`: the doctor packed an instance. `text`: the text of the class, or its metadata, says so. */
  readonly source: 'instance' | 'text'
}

export interface FieldReport extends FieldFinding {
  /** The kinds of worker that do not get it. */
  readonly kinds: readonly Kind[]
}

export interface ClassReport {
  readonly name: string
  /** Whether the fields of an instance were packed. If not, `unchecked` says why. */
  readonly instance: boolean
  readonly fields: readonly FieldReport[]
  /** What was not checked, and why. */
  readonly unchecked: readonly string[]
}

/** What the import of the module costs a fresh worker. */
export interface ImportReport {
  /** How long the import took, in ms. */
  readonly ms: number
  /** Growth of the heap, after a garbage collection, in bytes; at least 0. */
  readonly heapBytes: number
  /** Growth of the resident set of the whole process, in bytes; at least 0. */
  readonly rssBytes: number
}

export interface Report {
  /** The version of this shape. */
  readonly version: 1
  /** False if something cannot run: the exit code is 1. */
  readonly ok: boolean
  /** Absolute path. */
  readonly module: string
  readonly format: 'esm' | 'cjs'
  /** What compiles the module: `tsx 4.23.15`; null for JavaScript. */
  readonly loader: string | null
  /** Absolute path of the tsconfig.json that applies; null for JavaScript, or if there is none. */
  readonly tsconfig: string | null
  /** `process.version`. */
  readonly node: string
  readonly kinds: readonly Kind[]
  readonly methods: readonly MethodReport[]
  readonly classes: readonly ClassReport[]
  readonly imports: PerKind<ImportReport>
  readonly findings: readonly Finding[]
}

export const error = (code: string, message: string): Finding => ({ level: 'error', code, message })
export const warning = (code: string, message: string): Finding => ({ level: 'warning', code, message })
export const note = (code: string, message: string): Finding => ({ level: 'note', code, message })
