import { outcome } from '../support/outcome'
import { FakePool } from './fake-pool'

describe('the stack of a cancelled call', () => {
  test('is that of the caller: no other is recorded, and it is not formatted until it is read', async () => {
    const format = jest.fn((error: Error) => `${String(error)}\n    at formatted`)
    const { prepareStackTrace } = Error
    const pool = new FakePool({ maxWorkers: 1 })
    const read = jest.fn(() => 'Error\n    at user (/app/main.js:1:2)')
    const caller = Object.defineProperty({} as { stack: string }, 'stack', { get: read })
    const calls = ['a', 'b', 'c'].map((name) => pool.call(name, {}, { caller }))
    Error.prepareStackTrace = format
    try {
      for (const call of calls) call.cancel()
    } finally {
      Error.prepareStackTrace = prepareStackTrace
    }
    expect([format.mock.calls.length, read.mock.calls.length]).toEqual([0, 0])
    const error = (await outcome(calls[1])) as Error
    expect(error.stack).toBe(
      'AbortError: `job` of jobs.ts was cancelled.\n    at (called from the parent)\n    at user (/app/main.js:1:2)',
    )
    error.stack = 'changed'
    expect([error.stack, Object.keys(error)]).toEqual(['changed', []])
    await Promise.all(calls.map(outcome))
  })

  test('is its own if the caller was not recorded', async () => {
    const call = new FakePool().call('a')
    call.cancel()
    expect(((await outcome(call)) as Error).stack).toContain(__filename)
  })

  test('can be read even if the program breaks stack traces', async () => {
    const pool = new FakePool()
    const hostile = { stack: 5 as unknown as string }
    const call = pool.call('a', {}, { caller: hostile })
    call.cancel()
    expect(((await outcome(call)) as Error).stack).toBe('AbortError: `job` of jobs.ts was cancelled.')
  })
})
