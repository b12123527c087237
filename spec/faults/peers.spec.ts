/**
 * One test for each fault that was found in other libraries; the title says what they do. TypeScript under tsx and Jest is
 * in spec/consumers.spec.ts.
 */
import { futureOf, ProcessPool, ThreadPool, type ProcessExpired } from 'pebble-ts'
import { OrderError, rows } from '../fixtures/peers'
import * as initializers from '../fixtures/pools/initializers'
import * as elements from '../fixtures/pools/elements'
import * as tasks from '../fixtures/pools/tasks'
import { Gate, lines, scratchFile } from '../support/gate'
import { isAlive } from '../support/processes'
import { killProgram, runProgram } from '../support/program'
import { forEachKind } from '../support/setup'
import { ownError, useSoloPools } from '../support/solo'
import { failure, settled, until } from '../support/until'

useSoloPools()

forEachKind('faults of other libraries', (kind) => {
  const row = rows[kind]
  const Pool = kind === 'thread' ? ThreadPool : ProcessPool

  test('a thrown error keeps its class, fields and cause, and shows the caller (none of 13 does)', async () => {
    const error = await failure<OrderError>(callFromHere())
    expect(error).toBeInstanceOf(OrderError)
    expect(error).toMatchObject({
      name: 'OrderError',
      message: 'no such item',
      code: 'E_ITEM',
      details: { item: 7 },
      cause: expect.any(RangeError) as unknown,
    })
    expect(error.stack).toMatch(/peers\.ts:\d+[^]*called from the parent[^]*callFromHere/)
  })

  async function callFromHere(): Promise<never> {
    return row.throwOwn()
  }

  test('`throw null` rejects with null (two resolve, one hangs)', async () => {
    expect(
      await settled(
        row.throwNull().then(
          () => 'resolved',
          (error: unknown) => [error],
        ),
      ),
    ).toEqual([null])
  })

  test('a function in a result is an error that says where it is (seven reject `{}`, or resolve something else)', async () => {
    const error = await failure(row.returnFunction())
    expect(error.name).toBe('SerializationError')
    expect(error.message).toContain('result.nested[0]')
  })

  test('process.exit(7) is an error with the exit code, and the body ran once (six of ten hang, one runs it 4 times)', async () => {
    const log = scratchFile()
    const error = await failure<ProcessExpired>(row.exit(log))
    expect(error).toMatchObject({ name: ownError(kind), exitCode: 7 })
    expect(await settled(row.take('and on it goes'))).toBe('and on it goes')
    expect(lines(log)).toEqual(['ran'])
  })

  test('a function in an argument is an error with its path, and the next call runs (one crashes, two hang)', async () => {
    const error = await failure(row.take({ deep: [{ fn: () => 1 }] }))
    expect(error.name).toBe('SerializationError')
    expect(error.message).toContain('args[0].deep[0].fn')
    expect(await settled(row.take('next'))).toBe('next')
  })

  test('BigInt, Date, Map and Buffer keep their types (two send JSON)', async () => {
    const value = { big: 2n ** 70n, date: new Date(86_400_000), map: new Map([[{ key: 1 }, new Set(['x'])]]) }
    expect(await settled(row.take(value))).toEqual(value)
    const bytes = await settled(row.take(Buffer.from('bytes')))
    expect([Buffer.isBuffer(bytes), String(bytes)]).toEqual([true, 'bytes'])
  })

  test('a timeout counts from the start of the body, and stops a loop (two count the queue time, one hangs)', async () => {
    const [gate, log] = [new Gate(), scratchFile()]
    const first = row.pass(gate.path)
    const second = futureOf(row.loop(log))
    await gate.whenArrived()
    await new Promise((resolve) => setTimeout(resolve, 400)) // longer than the timeout of the waiting call
    expect(second.done()).toBe(false)
    const opened = performance.now() // the second body starts after that
    gate.open()
    await settled(first)
    expect((await failure(second)).name).toBe('TimeoutError')
    expect(performance.now() - opened).toBeGreaterThanOrEqual(299) // a timer may fire 1 ms early
    expect(lines(log)).toEqual(['started'])
    expect(await settled(row.take('next'))).toBe('next')
  })

  test('cancelling one call does not affect the next one of the same worker (workerpool #548, #476)', async () => {
    const gates = [new Gate(), new Gate()] as const
    const [first, second] = gates.map((gate) => futureOf(row.pass(gate.path))) as [ReturnType<typeof futureOf>, ReturnType<typeof futureOf>] // prettier-ignore
    await gates[0].whenArrived()
    first.cancel()
    await gates[1].whenArrived()
    gates[1].open()
    expect(await settled(second)).toBe(second.id)
  })

  test('an initializer that ends its worker breaks the pool (Pebble: its calls wait forever)', async () => {
    const pool = new Pool({ maxWorkers: 1, initializer: initializers.exitAtStart, initArgs: [scratchFile()] })
    const error = await failure(pool.schedule(tasks.echo, { args: [1] }))
    expect(error.name).toBe('PoolError')
    expect((error.cause as ProcessExpired).exitCode).toBe(3)
    pool.stop()
    await settled(pool.join(), 'the pool to end')
  })

  test('a chunk that times out keeps its finished elements (Pebble loses them)', async () => {
    const pool = new Pool({ maxWorkers: 1 })
    const log = scratchFile()
    const items = [0, 1, 2, 3].map((n): [number, number, string] => [n, 2, log])
    const results = pool.map(elements.stuckOn, items, { chunkSize: 4, timeout: 300 })[Symbol.asyncIterator]()
    const next = (): Promise<unknown> =>
      results.next().then(
        ({ value }) => value,
        (error: Error) => error.name,
      )
    const all = await settled(Promise.all(items.map(next)))
    expect(all).toEqual([0, 1, 'TimeoutError', 'TimeoutError'])
    pool.stop()
    await settled(pool.join(), 'the pool to end')
  })

  test('an inherited method runs its own body, for the object it was called on (Pebble: that of the last method with its name)', async () => {
    const base = Object.getPrototypeOf(Object.getPrototypeOf(row)) as { who(this: unknown): Promise<string> }
    expect(await settled(base.who.call(row))).toBe("rows: the base's")
  })

  test('a misspelt option is an error that suggests the right one (Pebble ignores it)', () => {
    expect(() => new Pool({ maxWorker: 2 } as never)).toThrow(/maxWorker.*maxWorkers/s)
  })
})

test.each(['with', 'without'])(
  'a loop in a process is stopped, %s a handler for SIGTERM, and its place in the pool is free again (lost forever in one)',
  async (trap) => {
    const log = scratchFile()
    expect((await failure(rows.process.loop(log, trap === 'with'))).name).toBe('TimeoutError')
    expect(await settled(rows.process.take('next'))).toBe('next')
  },
)

test('the child of a stopped process ends with it (it survives in all)', async () => {
  const log = scratchFile()
  expect((await failure(rows.process.startAnother(log))).name).toBe('TimeoutError')
  const pid = Number(lines(log)[0])
  expect(pid).toBeGreaterThan(1)
  await until(() => !isAlive(pid), 'the grandchild to exit')
})

test('a busy process ends within 2 s when its parent is killed (an orphan in 3 of 3)', async () => {
  const pid = Number(await killProgram('orphan.mts', { args: ['busy'] }))
  const killed = performance.now()
  await until(() => !isAlive(pid), 'the orphan to end')
  expect(performance.now() - killed).toBeLessThan(2_000)
})

test('a program that has nothing more to do ends, pools or not (7 of 10 keep it alive)', async () => {
  const { exitCode, afterLastOutput } = await runProgram('idle.mts')
  expect(exitCode).toBe(0)
  expect(afterLastOutput).toBeLessThan(5_000)
})
