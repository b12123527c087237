/** User code sees the `AsyncLocalStorage` store of its own call, here and in workers. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { callbacks, configure, futureOf, ProcessPool, thread, ThreadPool, type Future } from 'pebble-ts'
import { thread as asynchronousThread } from 'pebble-ts/asynchronous'
import * as fixture from '../fixtures/contexts'
import { lines, scratchFile } from '../support/gate'
import { forEachKind } from '../support/setup'
import { failure, settled, until } from '../support/until'

const { store } = fixture

forEachKind('code of the caller', (kind) => {
  const Contexts = fixture.contexts[kind]

  test('runs in the context of its call, if it is a callback', async () => {
    const job = new Contexts()
    const seen: unknown[] = []
    callbacks(job, 'work').callback = () => seen.push(['callback', store.getStore()])
    callbacks(job, 'fail').errorCallback = () => seen.push(['errorCallback', store.getStore()])
    for (const name of ['one', 'two']) {
      await store.run(name, () => settled(job.work()))
      await store.run(name, () => failure(job.fail()))
    }
    expect(seen).toEqual([
      ['callback', 'one'],
      ['errorCallback', 'one'],
      ['callback', 'two'],
      ['errorCallback', 'two'],
    ])
  })

  test('runs in the context in which it was added, if it is a done-callback or a progress listener', async () => {
    const job = new Contexts()
    const seen: unknown[] = []
    for (const name of ['one', 'two']) {
      const future = store.run('the call', () => futureOf(job.report()))
      store.run(name, () => {
        future.onProgress(() => seen.push(['progress', store.getStore()]))
        future.addDoneCallback(() => seen.push(['done', store.getStore()]))
      })
      await settled(future)
    }
    expect(seen).toEqual([
      ['progress', 'one'],
      ['done', 'one'],
      ['progress', 'two'],
      ['done', 'two'],
    ])
  })

  test('runs as a callback of a cancelled call in the context of the call, not of the code that cancels', async () => {
    const job = new Contexts()
    const seen: unknown[] = []
    callbacks(job, 'slow').errorCallback = () => seen.push(store.getStore())
    const future = store.run('the call', () => futureOf(job.slow()))
    store.run('somebody else', () => future.cancel())
    await failure(future)
    expect(seen).toEqual(['the call'])
  })

  test('computes the key of a memoized call in the context of that call', async () => {
    const job = new Contexts()
    fixture.keys.length = 0
    const first = store.run('one', () => futureOf(job.slow()))
    const second = store.run('two', () => futureOf(job.slow()))
    store.run('somebody else', () => first.cancel())
    await failure(first)
    await until(() => fixture.keys.length === 3, 'the second call to run')
    expect(fixture.keys).toEqual(['one', 'two', 'two'])
    second.cancel()
    await failure(second)
  })

  test('has its callbacks attached when a stream is called, not when it is read', async () => {
    const job = new Contexts()
    const seen: unknown[] = []
    callbacks(job, 'values' as never).callback = () => seen.push(store.getStore())
    const values = store.run('the call', () => job.values())
    const read = store.run('the reader', async () => {
      for await (const value of values) void value
    })
    await settled(read)
    await until(() => seen.length > 0, 'the callback')
    expect(seen).toEqual(['the call'])
  })
})

describe('done-callbacks of pebble-ts/asynchronous', () => {
  test('run in the context in which they were added', async () => {
    class Job {
      @asynchronousThread async work(): Promise<void> {}
    }
    configure({ eager: true })
    try {
      const future = store.run('the call', () => futureOf(new Job().work()))
      const seen = new Promise((resolve) =>
        store.run('the adder', () => future.addDoneCallback(() => resolve(store.getStore()))),
      )
      expect(await settled(seen)).toBe('the adder')
    } finally {
      configure({ eager: undefined })
    }
  })
})

describe.each([
  ['ThreadPool', ThreadPool],
  ['ProcessPool', ProcessPool],
] as const)('%s', (_name, Pool) => {
  let pool: ThreadPool | ProcessPool
  const create = (options?: object): void => void (pool = new Pool({ maxWorkers: 1, ...options }))
  afterEach(async () => {
    pool.stop()
    await settled(pool.join())
  })

  const outcomes = (futures: ReadonlyArray<Future<unknown>>): Promise<unknown[]> => settled(Promise.all(futures))

  test('takes elements from iterables in the context of map(), whatever code reads the results', async () => {
    create()
    const seen = new Set<unknown>()
    function* source(): Generator<string> {
      try {
        for (let n = 0; n < 20; n++) {
          seen.add(store.getStore())
          yield `${n}`
        }
      } finally {
        seen.add(store.getStore())
      }
    }
    async function* slowly(): AsyncGenerator<string> {
      for (const each of source()) {
        await new Promise(setImmediate)
        seen.add(store.getStore())
        yield each
      }
    }
    for (const items of [source(), slowly()]) {
      const results = store.run('the map', () => pool.map(fixture.enterNow, items, { buffer: 2 }))
      const read = store.run('the reader', async () => {
        for await (const each of results) if (each === '10') break
      })
      await settled(read)
    }
    expect([...seen]).toEqual(['the map'])
  })

  test('gives every body its own context, whether calls follow each other, are sent together or come after a wait', async () => {
    create()
    for (const work of [fixture.enterNow, fixture.enterLater]) {
      for (const name of ['one', 'two']) expect(await settled(pool.schedule(work, { args: [name] }))).toBe('nothing')
      const together = ['one', 'two', 'three'].map((name) => pool.schedule(work, { args: [name] }))
      expect(await outcomes(together)).toEqual(['nothing', 'nothing', 'nothing'])
    }
  })

  test('gives each of several concurrent bodies its own context', async () => {
    create({ concurrency: 4 })
    const together = ['one', 'two', 'three', 'four'].map((name) => pool.schedule(fixture.enterLater, { args: [name] }))
    expect(await outcomes(together)).toEqual(['nothing', 'nothing', 'nothing', 'nothing'])
  })

  test('gives every element of a chunk its own context', async () => {
    create()
    for (const work of [fixture.enterNow, fixture.enterLater]) {
      const seen: unknown[] = []
      const results = pool.map(work, ['one', 'two', 'three', 'four'], { chunkSize: 4 })
      for await (const each of results) seen.push(each)
      expect(seen).toEqual(['nothing', 'nothing', 'nothing', 'nothing'])
    }
  })

  test('hides from bodies what the initializer, a hook of a result or another body has entered', async () => {
    create({ initializer: fixture.setUp, initArgs: ['the initializer'] })
    expect(await settled(pool.schedule(fixture.enterNow, { args: ['one'] }))).toBe('nothing')
    await settled(pool.schedule(fixture.enterInHook))
    expect(await settled(pool.schedule(fixture.enterNow, { args: ['two'] }))).toBe('nothing')
    const stray = pool.schedule(fixture.enterAndStray, { args: ['a stray body'] })
    const behind = pool.schedule(fixture.enterNow, { args: ['three'] })
    expect((await failure(stray)).message).toBe('stray')
    expect(await settled(behind)).toBe('nothing')
  })
})

forEachKind('a stream', (kind) => {
  const job = new fixture.contexts[kind]()

  test('starts in an empty context and leaves nothing behind', async () => {
    for (let i = 0; i < 2; i++) expect((await settled(job.values().next())).value).toBe('nothing')
  })

  test('runs its `finally` as its task, so that calls in it run', async () => {
    const log = scratchFile()
    const values = job.closing(log)
    await settled(values.next())
    await settled(values.return(undefined))
    await until(() => lines(log).length > 0, 'the end of the stream')
    expect(lines(log)[0]).toMatch(/^[\da-f]{8}-/)
  })
})

describe('in eager mode', () => {
  beforeAll(() => configure({ eager: true }))
  afterAll(() => configure({ eager: undefined }))

  test('a body sees the context of its call, and the caller sees nothing that the body enters', async () => {
    const inner = new AsyncLocalStorage<string>()
    class Job {
      @thread async enter(): Promise<unknown> {
        const seen = store.getStore()
        inner.enterWith('the body')
        return seen
      }
    }
    const promise = store.run('the call', () => new Job().enter())
    expect(inner.getStore()).toBeUndefined()
    expect(await settled(promise)).toBe('the call')
    expect(inner.getStore()).toBeUndefined()
  })
})
