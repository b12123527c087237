/** The expectation of a cell of the fault matrix, and how it is checked. */
import type { Kind } from '../../support/setup'

/** The call fails with this error. */
export interface Failure {
  readonly name: string
  /** Own fields of the error. */
  readonly fields?: Readonly<Record<string, unknown>>
  /** Parts of its message. */
  readonly says?: readonly string[]
  readonly cause?: Failure
}

/** The call succeeds: the fault does not concern it. */
export interface Success {
  readonly value: unknown
  /** A part of the process warning about the fault. */
  readonly warns?: string
}

export type Expected = Failure | Success
/** What is expected, or why the cell is impossible. */
export type Cell = Expected | string
export type Cells = Cell | { readonly thread: Cell; readonly process: Cell }

export const cellOf = (cells: Cells, kind: Kind): Cell =>
  typeof cells === 'object' && 'thread' in cells ? cells[kind] : cells

export type Outcome = { readonly value: unknown } | { readonly error: unknown }

export const outcomeOf = (promise: PromiseLike<unknown>): Promise<Outcome> =>
  Promise.resolve(promise).then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )

export function expectOutcome(outcome: Outcome, expected: Expected): void {
  if ('value' in expected) expect(outcome).toEqual({ value: expected.value })
  else {
    expect(outcome).toHaveProperty('error') // not a value
    if ('error' in outcome) expectFailure(outcome.error, expected)
  }
}

function expectFailure(error: unknown, { name, fields = {}, says = [], cause }: Failure): void {
  expect(error).toMatchObject({ name, ...fields })
  const { message, cause: actual } = error as Error
  for (const piece of says) expect(message).toContain(piece)
  if (cause) expectFailure(actual, cause)
}
