/** What the doctor and the process that examines for it say to each other. */
import type { MethodKey, ModuleRef } from '../../registry/keys'
import type { ClassFinding } from './class-fields'
import type { Listing } from './listing'
import type { Probe } from './probe'
import type { Kind } from './report'

/** A question, and the type of its answer. */
export interface Examinations {
  /** Lists the methods in a worker or, for `program`, in the examining process itself. */
  list: { readonly in: Kind | 'program' } & Answers<Listing>
  /** Looks for methods in a fresh worker. */
  probe: { readonly in: Kind; readonly keys: readonly MethodKey[] } & Answers<Probe>
  /** Packs instances of the classes of these methods. */
  inspect: { readonly in: Kind; readonly keys: readonly MethodKey[]; readonly construct: boolean } & Answers<
    ClassFinding[]
  >
}

interface Answers<T> {
  readonly answer?: T
}

export type Examination = keyof Examinations
export type Question<S extends Examination = Examination> = Omit<Examinations[S], 'answer'>
export type AnswerTo<S extends Examination> = NonNullable<Examinations[S]['answer']>

export interface Examine {
  readonly id: number
  readonly step: Examination
  readonly question: Question
  readonly module: ModuleRef
  /** In ms. */
  readonly timeout: number
}

/** Why there is no answer. */
export interface Failure {
  /**
   * - `timeout`: the worker was stopped;
   * - `exited`: the worker ended by itself;
   * - `crashed`: the examining process ended, and the worker with it;
   * - `threw`: any other error.
   */
  readonly how: 'timeout' | 'exited' | 'crashed' | 'threw'
  /** Name and message of the error. */
  readonly text: string
  readonly exitCode?: number | null
  readonly signal?: string | null
}

export type Result<T> = { readonly answer: T } | { readonly failure: Failure }

export type Examined = { readonly id: number } & Result<unknown>
