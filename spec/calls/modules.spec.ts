/** Modules and classes that a worker cannot load or find: a clear error in bounded time, and a pool that goes on. */
import { once } from 'node:events'
import { NotFoundError, PoolError, pools, ProcessPool, ThreadPool } from 'pebble-ts'
import { jobs } from '../fixtures/jobs'
import { Busy } from '../fixtures/modules/busy'
import { Exits } from '../fixtures/modules/exits'
import { Guarded, late } from '../fixtures/modules/guarded'
import { UsesPool } from '../fixtures/modules/pools'
import { forgetStarts, starts } from '../fixtures/modules/starts'
import { holdOn, listen } from '../fixtures/modules/serves'
import { Throws } from '../fixtures/modules/throws'
import { waitAt, Waits } from '../fixtures/modules/waits'
import { makePool } from '../suites/pool-kit'
import { Gate } from '../support/gate'
import { forEachKind } from '../support/setup'
import { ownError, useSoloPools } from '../support/solo'
import { stderr } from '../support/stderr'
import { failure, settled, until } from '../support/until'
import { warnings } from '../support/warnings'

useSoloPools()
beforeEach(() => void stderr())

const FROM_MODULE_CODE =
  /This comes from module code of serves\.ts, which the worker imports for `holdOn` of serves\.ts\. .*isWorker.*a file of its own\.$/

forEachKind('a module', (kind) => {
  const method = kind === 'thread' ? 'inThread' : 'inProcess'

  /** The pool still serves other calls. */
  afterEach(async () => {
    expect(await settled(jobs[kind].add(1, 1))).toBe(2)
  })

  test('that throws on import fails the call with that cause', async () => {
    forgetStarts('throws')
    const errors = await Promise.all([1, 2, 3, 4, 5].map(() => failure<NotFoundError>(new Throws()[method]())))
    for (const error of errors) {
      expect(error).toBeInstanceOf(NotFoundError)
      expect(error.code).toBe('ERR_PEBBLE_NOT_FOUND')
      expect(error.message).toMatch(
        /^Cannot run `(?:Throws\.)?(?:inThread|inProcess)` of throws\.ts in a worker: importing \/.*throws\.ts there failed: RangeError: not in a worker$/,
      )
      expect(error.cause).toBeInstanceOf(RangeError)
      expect((error.cause as Error).message).toBe('not in a worker')
    }
    expect(starts('throws')).toBeLessThanOrEqual(10)
  })

  test('that exits on import fails the call after a bounded number of starts', async () => {
    forgetStarts('exits')
    const error = await failure<Error & { exitCode: number }>(new Exits()[method]())
    expect(error).toMatchObject({ name: ownError(kind), exitCode: 5 })
    expect(error.message).toContain('while it imported the module of')
    expect(starts('exits')).toBeLessThanOrEqual(5)
  })

  test('that exits on import costs no more workers for many calls than for one', async () => {
    forgetStarts('exits')
    const errors = await Promise.all(Array.from({ length: 50 }, () => failure(new Exits()[method]())))
    for (let n = 0; n < 20; n++) errors.push(await failure(new Exits()[method]()))
    for (const error of errors) expect(error).toMatchObject({ name: ownError(kind), exitCode: 5 })
    expect(starts('exits')).toBeLessThanOrEqual(8) // few or none are started later
  })

  test('that defines a class only outside workers fails the call with an error that explains it', async () => {
    const error = await failure(new (Guarded as NonNullable<typeof Guarded>)()[method]())
    expect(error).toBeInstanceOf(NotFoundError)
    expect(error.message).toMatch(/was not defined when \/.*guarded\.ts was imported in the worker/)
    expect(error.message).toMatch(/define it at the top level of the module, unconditionally/)
  })

  test('that defines a class after it was loaded fails the call with an error that explains it', async () => {
    const error = await failure(new (late())()[method]())
    expect(error).toBeInstanceOf(NotFoundError)
    expect(error.message).toMatch(/It was created inside a function after the module had loaded/)
  })

  test('that starts a server gets an error that says that its code runs in workers, and what to do', async () => {
    const [heard, gate, pool] = [warnings(), new Gate(), makePool(kind, { maxWorkers: 1 })]
    const server = listen()
    try {
      await once(server, 'listening')
      // An uncaught error fails the running call, or raises a warning if none is running.
      const calls = [1, 2].map(() => pool.schedule(holdOn, { args: [gate.path] }))
      const errors = await Promise.all(calls.map((call) => failure(call)))
      for (const error of errors) expect(error.stack).toContain(error.message)
      const texts = [...errors.map(({ message }) => message), ...heard.map(({ message }) => message)]
      expect(texts).toContainEqual(expect.stringMatching(/listen EADDRINUSE/))
      expect(texts).toContainEqual(expect.stringMatching(/from an interval/))
      for (const text of texts) expect(text).toMatch(FROM_MODULE_CODE)
    } finally {
      server.close()
    }
  })

  test('whose import takes long raises one warning while its calls wait', async () => {
    const [heard, gate] = [warnings({ imports: true }), new Gate()]
    waitAt(gate.path)
    const calls = [new Waits()[method](), new Waits()[method]()]
    await until(() => heard.length > 0, 'a warning')
    gate.open()
    expect(await settled(Promise.all(calls))).toEqual(['served', 'served'])
    const text = `The import of waits.ts in a worker ${kind} has not finished after 5000 ms: \`${method}\` of waits.ts waits for it.`
    expect(heard.map(({ message }) => message)).toEqual([text])
  })

  test('whose code fails outside bodies still serves calls', async () => {
    const heard = warnings()
    expect(await settled(new Busy()[method]())).toBe('served')
    await until(() => heard.length > 0, 'a warning')
    expect(heard[0]?.detail).toContain('from module code')
  })
})

forEachKind('the pool of a call', (kind) => {
  test('must be registered before its first call', async () => {
    const error = await failure(new UsesPool[kind]().nowhere())
    expect(error).toBeInstanceOf(PoolError)
    const others = kind === 'thread' ? " Registered: 'solo-thread', 'solo-process'." : '' // the end of a suite ends them
    expect(error.message).toBe(
      `No pool is registered as 'nowhere'. Register it before the first call: pools.register('nowhere', pool).${others}`,
    )
    pools.register(
      'nowhere',
      kind === 'thread' ? new ThreadPool({ maxWorkers: 1 }) : new ProcessPool({ maxWorkers: 1 }),
    )
    expect(await settled(new UsesPool[kind]().nowhere())).toBe('ran')
    await pools.shutdown()
  })

  test('must be of the kind of the call', async () => {
    pools.register('wrong', kind === 'thread' ? new ProcessPool({ maxWorkers: 1 }) : new ThreadPool({ maxWorkers: 1 }))
    const error = await failure(new UsesPool[kind]().wrong())
    expect(error).toBeInstanceOf(PoolError)
    expect(error.message).toBe(
      `Cannot run a @${kind} method on '${kind === 'thread' ? 'process' : 'thread'} pool': ` +
        `it is a pool of ${kind === 'thread' ? 'processes' : 'threads'}.`,
    )
    await pools.shutdown()
  })
})
