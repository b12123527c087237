/** What went wrong with a report, in a sentence for the user and in fields for programs. */
import { CancelledError, PoolError, ProcessExpired, TimeoutError } from 'pebble-ts'
import { CsvError } from './csv.error'

export interface Failure {
  readonly kind: 'cancelled' | 'limit' | 'crash' | 'input' | 'busy' | 'error'
  readonly message: string
  /** Of a crash: one of the two is `null`. */
  readonly exitCode?: number | null
  readonly signal?: NodeJS.Signals | null
}

export function failureOf(error: Error): Failure {
  if (error instanceof CsvError) return { kind: 'input', message: error.message }
  if (error instanceof CancelledError) return { kind: 'cancelled', message: 'The report was cancelled.' }
  if (error instanceof TimeoutError) {
    return { kind: 'limit', message: `The report was stopped because it took longer than ${seconds(error.timeout)}.` }
  }
  if (error instanceof ProcessExpired) return crashOf(error)
  if (error instanceof PoolError && error.reason === 'full')
    return { kind: 'busy', message: 'Too many reports are waiting. Try again later.' }
  return { kind: 'error', message: `The report failed: ${error.message}` }
}

function crashOf({ exitCode, signal }: ProcessExpired): Failure {
  const how = signal === null ? `It exited with code ${exitCode}.` : `It was killed by ${signal}.`
  return { kind: 'crash', message: `The worker process crashed. ${how}`, exitCode, signal }
}

const seconds = (ms: number | undefined): string => (ms === undefined ? 'its limit' : `${ms / 1000} s, its limit`)
