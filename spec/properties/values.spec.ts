/** Values that bodies receive, return and throw arrive as they were sent, through real threads and processes. */
import * as assert from 'node:assert'
import fc from 'fast-check'
import type { Future } from 'pebble-ts'
import { adoptPrototypes } from '../../src/wire/encoding/realm-prototypes'
import * as tasks from '../fixtures/pools/tasks'
import { makePool, type AnyPool } from '../suites/pool-kit'
import { anything } from '../support/arbitrary'
import { forEachKind } from '../support/setup'
import { failure, settled } from '../support/until'

const cloned = (value: unknown): unknown => adoptPrototypes(structuredClone(value))
const RUNS = { numRuns: 200 }

/** One error inside another, with fields of its own. */
const error = fc
  .record({
    Class: fc.constantFrom(Error, TypeError, RangeError, SyntaxError),
    message: fc.string(),
    fields: fc.dictionary(fc.stringMatching(/^[a-z]{3,8}$/), anything, { maxKeys: 3 }),
    cause: fc.option(fc.string(), { nil: undefined }),
  })
  .map(
    ({ Class, message, fields: { cause: _cause, name: _name, stack: _stack, message: _message, ...fields }, cause }) =>
      Object.assign(new Class(message, cause === undefined ? undefined : { cause: new Error(cause) }), fields),
  )

forEachKind('a random value', (kind) => {
  let pool: AnyPool
  beforeEach(() => (pool = makePool(kind, { maxWorkers: 1 })))

  it('arrives as an argument and as a result, alone and among many calls', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anything, { minLength: 1, maxLength: 6 }), async (values) => {
        const futures = values.map((value) => pool.schedule(tasks.echo as (v: unknown) => unknown, { args: [value] }))
        const together = pool.schedule(tasks.all, { args: values })
        assert.deepStrictEqual(await settled(Promise.all(futures)), values.map(cloned))
        assert.deepStrictEqual(await settled(together), values.map(cloned))
      }),
      RUNS,
    )
  })

  it('arrives if it is thrown', async () => {
    await fc.assert(
      fc.asyncProperty(anything, async (value) => {
        assert.deepStrictEqual(
          await failure<unknown>(pool.schedule(tasks.throwValue, { args: [value] })),
          cloned(value),
        )
      }),
      RUNS,
    )
  })

  it('arrives as a field of an error, which keeps its class, message and cause, thrown or returned', async () => {
    await fc.assert(
      fc.asyncProperty(error, async (sent) => {
        const thrown = failure<Error>(pool.schedule(tasks.throwValue, { args: [sent] }))
        const returned = pool.schedule(tasks.echo, { args: [sent] }) as Future<Error>
        for (const got of [await thrown, await settled(returned)]) {
          expect(got).toBeInstanceOf(sent.constructor)
          expect([got.name, got.message]).toEqual([sent.name, sent.message])
          expect((got.cause as Error | undefined)?.message).toBe((sent.cause as Error | undefined)?.message)
          assert.deepStrictEqual(ownFields(got), cloned(ownFields(sent)))
        }
      }),
      RUNS,
    )
  })
})

/** The fields that are not those of every error, and that a remote error does not add. */
function ownFields(error: Error): Record<string, unknown> {
  const {
    cause: _cause,
    stack: _stack,
    message: _message,
    traceback: _traceback,
    ...fields
  } = error as Error & Record<string, unknown>
  return fields
}
