/** The error for a value that cannot be sent: it names the method and points to the user's line. */
import { ProcessPool, Queue, SerializationError, task, type PoolError, type ThreadPool } from 'pebble-ts'
import { selves } from '../fixtures/selves'
import { streams } from '../fixtures/streams'
import * as tasks from '../fixtures/pools/tasks'
import { values } from '../fixtures/values'
import { makePool } from '../suites/pool-kit'
import { forEachKind } from '../support/setup'
import { failure } from '../support/until'

type Traced = Error & { traceback: string }

const FN = (): number => 1
const frames = (text: string): string[] => text.split('\n').filter((line) => /^\s+at /.test(line))

/** Expects the first frame to be a line of this file. */
function expectOurLine(error: Error): void {
  expect(frames(error.stack ?? '')[0]).toContain('unsendable.spec.ts')
  expect(error.stack).toMatch(/^SerializationError: Cannot send /)
}

forEachKind('the error for arguments that cannot be sent', (kind) => {
  test('names a method', async () => {
    const error = await failure<SerializationError>(values[kind].echo(1, { deep: [FN] }))
    expect(error.message).toBe(
      'Cannot send `args[1].deep[0]` of `echo` of values.ts to a worker: a function cannot be cloned. ' +
        'Send data instead; the worker can import the functions it needs.',
    )
    expectOurLine(error)
  })

  test('names a stream, whatever code reads it', async () => {
    const stream = new streams[kind]().count(FN as never)
    const error = await failure<SerializationError>(Promise.resolve().then(() => stream.next()))
    expect(error.message).toMatch(/^Cannot send `args\[0\]` of `count` of streams\.ts to a worker: /)
    expectOurLine(error)
  })

  test('names a function that a pool runs', async () => {
    const pool = makePool(kind)
    const scheduled = await failure<SerializationError>(pool.schedule(tasks.add, { args: [1, FN as never] }))
    expect(scheduled.message).toMatch(/^Cannot send `args\[1\]` of `add` of tasks\.ts to a worker: /)
    expectOurLine(scheduled)
    const submitted = await failure<SerializationError>(
      pool instanceof ProcessPool ? pool.submit(tasks.add, null, 1, FN as never) : (pool as ThreadPool).submit(tasks.add, 1, FN as never), // prettier-ignore
    )
    expectOurLine(submitted)
  })

  test.each([1, 2, 10])('names the element of a map in chunks of %d', async (chunkSize) => {
    const results = await makePool(kind).map(tasks.echo, [0, 1, 2, { fn: FN }, 4], { chunkSize })
    const outcomes: unknown[] = []
    for (let n = 0; n < 5; n++) outcomes.push(await results.next().catch((error: unknown) => error))
    const error = outcomes[3] as SerializationError
    expect(error.message).toMatch(/^Cannot send `args\[0\]\.fn` of `.*` of tasks\.ts \(item 3 of map\) to a worker: /)
    expectOurLine(error)
    expect(outcomes.filter((outcome) => outcome instanceof Error)).toEqual([error])
  })

  test('names an initializer', () => {
    const make = (): unknown => makePool(kind, { initializer: tasks.echo, initArgs: [FN] })
    expect(make).toThrow(/^Cannot send `initArgs\[0\]` of `.*` of tasks\.ts to a worker: /)
  })

  test('calls that a pool does not accept point to their line as well', async () => {
    const pool = makePool(kind)
    pool.close()
    const error = await failure<PoolError>(pool.schedule(tasks.add, { args: [1, 2] }))
    expect(error.reason).toBe('closed')
    expect(frames(error.stack ?? '')[0]).toContain('unsendable.spec.ts')
  })
})

forEachKind('the error for a value that cannot be sent back', (kind) => {
  test('names the method whose result it is', async () => {
    const error = await failure(makePool(kind).schedule(tasks.returnFunction))
    expect(error.message).toMatch(/^Cannot send `result\.deep\[0\]` of `.*` of tasks\.ts from a worker: /)
  })

  test('names the method that yielded it', async () => {
    const stream = new streams[kind]().uncloneable()
    await stream.next()
    const error = await failure(stream.next())
    expect(error.message).toMatch(/^Cannot send `yielded\.fn` of `uncloneable` of streams\.ts from a worker: /)
  })

  test('names the line of the body if it was put into a queue', async () => {
    const error = await failure<Traced>(makePool(kind).schedule(tasks.putFunction, { args: [new Queue()] }))
    expect(error).toBeInstanceOf(SerializationError)
    expect(frames(error.traceback)[0]).toContain('tasks.ts')
  })
})

forEachKind('an absent field of `this`', (kind) => {
  test('names the class in its error, whose stack and traceback begin with the line that accessed it', async () => {
    const error = await failure<Traced>(new selves[kind].Account().touch('database'))
    expect(error.message).toMatch(/^`this\.database` is not available inside `Account\.touch` of selves\.ts: /)
    for (const text of [error.stack ?? '', error.traceback]) {
      const [first] = frames(text)
      expect(first).toMatch(/touch.*selves\.ts/)
    }
    expect(frames(error.traceback).some((line) => /[/\\](?:src|dist)[/\\]/.test(line))).toBe(false)
  })
})

test.each([
  [5, '`5` (number)'],
  [undefined, '`undefined` (undefined)'],
])('task() says what it expects', (given, shown) => {
  expect(() => task(given as never)).toThrow(new TypeError(`Expected task() to be given a function, got ${shown}`))
})
