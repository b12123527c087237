/** Programs that break the library's own code: a worker or a call fails with the cause, and nothing hangs. */
import { ProcessPool, ThreadPool } from 'pebble-ts'
import * as bodies from '../fixtures/sabotage'
import { resultOf } from '../support/program'
import { forEachKind } from '../support/setup'
import { ownError } from '../support/solo'
import { failure, settled } from '../support/until'

forEachKind('the library in a worker', (kind) => {
  const Pool = kind === 'thread' ? ThreadPool : ProcessPool

  test('a worker that cannot start calls any more ends, with the cause, and another takes its place', async () => {
    await using pool = new Pool({ maxWorkers: 1 })
    expect(await settled(pool.schedule(bodies.breakSlots, { args: [kind] }))).toBe('broken')
    const next = await settled(pool.schedule(bodies.echo, { args: [1] }).then(String, (error: unknown) => error))
    // If the slot shows that the call has not started, it runs elsewhere.
    if (next !== '1') expect(next).toMatchObject({ name: ownError(kind), cause: expect.any(Error) as Error })
    expect(await settled(pool.schedule(bodies.echo, { args: [2] }))).toBe(2)
    expect(pool.stats().started).toBe(2)
  })

  test('an error whose stack is no text keeps its class and message', async () => {
    await using pool = new Pool({ maxWorkers: 1 })
    const error = await failure<RangeError>(pool.schedule(bodies.oddStack))
    expect(error).toBeInstanceOf(RangeError)
    expect(error).toMatchObject({ message: 'without a stack', traceback: 'RangeError: without a stack' })
  })

  test('more bodies at once than a worker has slots', async () => {
    await using pool = new Pool({ maxWorkers: 1, concurrency: 600 })
    const calls = Array.from({ length: 1_300 }, (_, n) => pool.schedule(bodies.nap, { args: [n] }))
    expect(await settled(Promise.all(calls))).toEqual(calls.map((_call, n) => n))
  })
})

test.each(['array', 'undefined', 'throw', 'getter', 'frozen'])(
  'calls fail, time out, are cancelled and die where stack traces are a matter of the program: %s',
  async (how) => {
    const outcomes = await resultOf('odd-stacks.mts', { env: { HOW: how } })
    const each = (expired: string): string[] => ['RangeError: out of range', 'TimeoutError', 'AbortError', expired]
    expect(outcomes).toEqual([...each('ThreadExpired'), ...each('ProcessExpired')])
  },
)
