import { inspect } from 'node:util'
import { AsyncLocalStorage } from 'node:async_hooks'
import { pools, ProcessPool, propagate, ThreadPool } from 'pebble-ts'
import {
  bySymbol,
  change,
  EXPORTED,
  idOf,
  idOfProgress,
  KEYS,
  labels,
  log,
  member,
  printStore,
  readExported,
  stores,
  stream,
  symbols,
  tenant,
  user,
  User,
} from '../fixtures/propagation'
import { failure } from '../support/until'

afterAll(() => pools.shutdown())

describe.each([
  ['threads', ThreadPool],
  ['processes', ProcessPool],
])('propagate, in %s', (_name, Pool) => {
  let pool: ThreadPool | ProcessPool
  beforeAll(() => (pool = new Pool({ maxWorkers: 2 })))
  afterAll(async () => {
    pool.close()
    await pool.join()
  })

  it('gives a body the stores of its caller, also after a wait', async () => {
    const call = (): Promise<unknown> => pool.schedule(stores)
    const inside = (): Promise<unknown> =>
      labels.run(
        new Map<string, unknown>([
          ['a', 1],
          ['f', () => 1],
        ]),
        () => user.run(new User('Ann'), () => member.run(new User('Bob'), call)),
      )
    expect(await tenant.run({ id: 'acme' }, inside)).toEqual(['acme', 'acme', [['a', 1]], 'hello Ann', 'hello Bob'])
  })

  it('gives a body no store if its caller has none', async () => {
    await tenant.run({ id: 'acme' }, () => pool.schedule(stores))
    expect(await pool.schedule(stores)).toEqual([undefined, undefined, [], undefined, undefined])
  })

  it('never mixes the stores of calls', async () => {
    const seen = await Promise.all(
      Array.from({ length: 1_000 }, (_unused, i) =>
        tenant.run({ id: `t${i}` }, async () => {
          const [before, after] = await pool.schedule(stores)
          return before === `t${i}` && after === `t${i}` && tenant.getStore()?.id === `t${i}`
        }),
      ),
    )
    expect(seen.filter((right) => !right)).toEqual([])
  })

  it('gives every element of a map the store of the call of map', async () => {
    const map = tenant.run({ id: 'acme' }, () => pool.map(idOf, [1, 2, 3], { chunkSize: 2 }))
    const seen: string[] = []
    for await (const value of await map) seen.push(value)
    expect(seen).toEqual(['acme 1', 'acme 2', 'acme 3'])
  })

  it('runs progress listeners in the context of the call', async () => {
    const seen: unknown[] = []
    await tenant.run({ id: 'acme' }, async () => {
      const future = pool.schedule(idOfProgress)
      future.onProgress((progress) => seen.push([progress, tenant.getStore()?.id]))
      await future
    })
    expect(seen).toEqual([['acme', 'acme']])
  })

  it('keeps what a body changes or enters in the worker', async () => {
    const store = { id: 'acme' }
    const entered = await tenant.run(store, () => pool.schedule(change))
    expect([entered, store.id]).toEqual(['entered', 'acme'])
    expect((await tenant.run(store, () => pool.schedule(stores)))[0]).toBe('acme')
  })

  it('takes along what is stored under symbols that a worker can find', async () => {
    const { EXPORTED, GLOBAL, LOCAL } = KEYS
    const store = { name: 'acme', [EXPORTED]: 1, [GLOBAL]: [new User('Ann')], [LOCAL]: 3 }
    const map = new Map<unknown, unknown>([
      ['a', 1],
      [EXPORTED, 2],
      [LOCAL, 3],
    ])
    const seen = await bySymbol.run(store, () => labels.run(map as never, () => pool.schedule(symbols)))
    expect(seen).toEqual(['acme', 1, [new User('Ann')], undefined, 2, undefined, 2])
    expect((seen[2] as User[])[0]?.greet()).toBe('hello Ann')
  })

  it('leaves out what cannot be sent under a symbol of Symbol.for silently, so that a body can print the store', async () => {
    const store = { name: 'acme', [inspect.custom]: () => 'a store' }
    const printed = await bySymbol.run(store, () => pool.schedule(printStore))
    expect(printed).toBe("{ name: 'acme' }")
  })

  it('leaves out an instance of a class under a symbol, and says so where a body reads it', async () => {
    class Request {
      readonly next = this
    }
    const call = bySymbol.run({ [EXPORTED]: new Request() }, () => pool.schedule(readExported))
    expect((await failure(call)).message).toContain(
      '`Symbol(EXPORTED)` of the propagated store is not available in a worker: it is an instance of Request and cannot be sent.',
    )
  })

  it('says which part of a store cannot be sent, where a body reads it', async () => {
    const call = tenant.run({ id: 'acme', log: () => undefined }, () => pool.schedule(log))
    expect((await failure(call)).message).toBe(
      '`log` of the propagated store is not available in a worker: it is a function and cannot be sent. Give propagate() a `serialize` and a `deserialize`, or keep it out of the body.',
    )
  })
})

describe('propagate', () => {
  it('follows streams, whoever reads them', async () => {
    const values = tenant.run({ id: 'acme' }, () => stream(3))
    const seen: string[] = []
    for await (const value of values) seen.push(value)
    expect(seen).toEqual(['acme 0', 'acme 1', 'acme 2'])
  })

  it.each([
    [() => propagate({} as never), 'Expected `als` to be an AsyncLocalStorage, got `{}` (object)'],
    [
      () => propagate(new AsyncLocalStorage(), { serialise: () => 1 } as never),
      'Unknown option `serialise`; did you mean `serialize`?',
    ],
    [
      () => propagate(new AsyncLocalStorage()),
      'Expected propagate() to be called at the top level of a module. Workers import that module to get the storage, and do not call its functions.',
    ],
  ])('refuses what cannot work', (call, message) => {
    expect(call).toThrow(message)
  })
})
