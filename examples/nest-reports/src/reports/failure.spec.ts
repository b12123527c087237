import { CancelledError, PoolError, ProcessExpired, TimeoutError } from 'pebble-ts'
import { CsvError } from './csv.error'
import { failureOf } from './failure'

test.each([
  [new CsvError('Line 2: …'), { kind: 'input', message: 'Line 2: …' }],
  [new CancelledError('…'), { kind: 'cancelled', message: 'The report was cancelled.' }],
  [
    new TimeoutError('…', 1_500),
    { kind: 'limit', message: 'The report was stopped because it took longer than 1.5 s, its limit.' },
  ],
  [
    new ProcessExpired('…', { exitCode: 134, signal: null, pid: 1 }),
    { kind: 'crash', message: 'The worker process crashed. It exited with code 134.', exitCode: 134, signal: null },
  ],
  [
    new ProcessExpired('…', { exitCode: null, signal: 'SIGKILL', pid: 1 }),
    {
      kind: 'crash',
      message: 'The worker process crashed. It was killed by SIGKILL.',
      exitCode: null,
      signal: 'SIGKILL',
    },
  ],
  [new PoolError('…', { reason: 'full' }), { kind: 'busy', message: 'Too many reports are waiting. Try again later.' }],
  [new Error('disk full'), { kind: 'error', message: 'The report failed: disk full' }],
])('%p', (error, failure) => {
  expect(failureOf(error)).toEqual(failure)
})
