/** The tests of Python's `workers`, and those of the behaviour added here. */
import { CancelledError, PoolError, Queue, TimeoutError } from 'pebble-ts'
import { DummyQueue, pool, Worker, WorkerPool, type WorkerPoolOptions } from 'pebble-ts/workers'
import * as jobs from '../fixtures/boxes'
import { Gate } from '../support/gate'
import { CountedSignal } from '../support/leftovers'
import { forEachKind } from '../support/setup'
import { failure, settled, until } from '../support/until'
import { WORKERS, keep, harvest, joiners } from './kit'

forEachKind('WorkerPool', (kind) => {
  const wc = WORKERS[kind]
  const create = (options: WorkerPoolOptions = {}, count: number = wc): WorkerPool =>
    keep(new WorkerPool(count, { kind, ...options }))
  const fill = async (box: Queue<any>, work: unknown, times: number = wc): Promise<void> => {
    for (let i = 0; i < times; i++) await box.put(work)
  }

  it('does work and is exiled', async () => {
    const p = create()
    await fill(p.inbox, [jobs.addOne, [1], {}])
    await settled(p.exile())
    await expect(harvest(p.outbox)).resolves.toEqual(Array(wc).fill(2))
    expect(p.name).toBe(`WorkerPool-${wc}`)
    expect(p.poolsize()).toBe(0)
  })

  it('puts every error into the errbox', async () => {
    const p = create()
    await fill(p.inbox, [jobs.fail, [1]])
    await settled(p.exile())
    await expect(harvest(p.errbox)).resolves.toEqual(Array(wc).fill(new Error('error cond')))
  })

  it('adds and removes workers by summon() and banish()', async () => {
    const p = create()
    p.run()
    expect(p.poolsize()).toBe(wc)
    p.summon(wc)
    expect(p.poolsize()).toBe(wc * 2)
    await settled(p.banish(wc))
    expect(p.poolsize()).toBe(wc)
    await settled(p.banish(wc + 3))
    expect(p.poolsize()).toBe(0)
  })

  it('finishes current work while workers are summoned and banished', async () => {
    const [gate, p] = [new Gate(), create({}, 1)]
    await fill(p.inbox, [jobs.atGate, [gate.path, 'done']], 3)
    await gate.whenArrived(1)
    p.summon(1)
    await gate.whenArrived(2)
    const banished = p.banish(2)
    expect([p.poolsize(), p.inbox.size, p.outbox.size]).toEqual([0, 1, 0])
    gate.open()
    await settled(banished)
    await expect(harvest(p.outbox)).resolves.toEqual(['done', 'done'])
    expect(p.inbox.size).toBe(1)
    p.summon(1)
    await settled(p.exile())
    await expect(harvest(p.outbox)).resolves.toEqual(['done'])
  })

  it('takes no work while it is paused', async () => {
    const [gate, p] = [new Gate(), create()]
    await fill(p.inbox, [jobs.atGate, [gate.path, 'done']], wc * 2)
    await gate.whenArrived(wc)
    p.pause()
    gate.open()
    await until(() => p.outbox.size === wc, 'what was begun')
    await fill(p.inbox, [jobs.addOne, [1]], 1)
    expect([p.inbox.size, p.outbox.size]).toEqual([wc + 1, wc])
    expect((await harvest(p.outbox)).length).toBe(wc)
    p.run()
    await settled(p.exile())
    expect((await harvest(p.outbox)).length).toBe(wc + 1)
  })

  it('takes no work if it was paused while it waited', async () => {
    const p = create()
    await settled(until(() => (p.inbox as any).source.waiting === wc, 'the workers to wait'))
    p.pause()
    expect((p.inbox as any).source.waiting).toBe(0)
    await fill(p.inbox, [jobs.addOne, [1]])
    expect(p.inbox.size).toBe(wc)
    await settled(p.stop()) // the work must be finished, so the pool runs again
    expect([p.inbox.size, p.outbox.size]).toEqual([0, wc])
  })

  it('passes its results as work to another pool', async () => {
    const producers = create()
    const consumers = create({ inbox: producers.outbox })
    for (let i = 0; i < wc; i++) await producers.inbox.put([jobs.produce, [i], {}])
    await settled(producers.exile())
    await settled(consumers.exile())
    expect(new Set(await harvest(consumers.outbox))).toEqual(new Set(Array.from({ length: wc }, (_each, i) => i + 1)))
    await expect(harvest(consumers.errbox)).resolves.toEqual([])
  })

  it('works in a circle of pools', async () => {
    const [inbox, outbox] = [new Queue(), new Queue()]
    const there = create({ inbox, outbox })
    const back = create({ inbox: outbox, outbox: inbox })
    const rounds = jest.spyOn(inbox, 'put')
    await fill(inbox, [jobs.again, [1]])
    await until(() => rounds.mock.calls.length > wc * 3, 'some rounds')
    await settled(there.exile(false))
    await settled(back.exile(false))
    const left = [...(await harvest(outbox)), ...(await harvest(inbox))]
    expect(left).toEqual(Array(wc).fill([jobs.again, [1]]))
    await expect(harvest(there.errbox)).resolves.toEqual([])
  })

  it('is exiled at the end of its scope', async () => {
    let p: WorkerPool
    {
      await using scoped = pool(wc, { kind })
      p = scoped
      await fill(p.inbox, [jobs.addOne, [1]])
    }
    await expect(harvest(p.outbox)).resolves.toEqual(Array(wc).fill(2))
  })

  it('is exiled even if the scope ends with an error', async () => {
    let p: WorkerPool | undefined
    const run = async (): Promise<void> => {
      await using scoped = pool(wc, { kind })
      p = scoped
      await fill(p.inbox, [jobs.addOne, [1]])
      throw new TypeError('foobar')
    }
    await expect(failure(run())).resolves.toEqual(new TypeError('foobar'))
    await expect(harvest(p?.outbox as Queue<number>)).resolves.toEqual(Array(wc).fill(2))
  })

  it('sets up each of its workers once and names them', async () => {
    const p = create({ workerSetup: jobs.setUp, suffix: 'foobly' })
    expect(p.workers.map(({ name }) => name)).toEqual(Array.from({ length: wc }, (_each, i) => `Worker-${i}-foobly`))
    for (let i = 0; i < wc * 5; i++) await p.inbox.put([jobs.count, [i]])
    await settled(p.exile())
    await expect(harvest(p.errbox)).resolves.toEqual([])
    const results = await harvest(p.outbox)
    expect(results.map(({ value }) => value).sort((a, b) => a - b)).toEqual(results.map((_each, i) => i))
    const calls = new Map<string, number>()
    for (const { name } of results) calls.set(name, (calls.get(name) ?? 0) + 1)
    for (const { name, called } of results) expect(called).toBeLessThanOrEqual(calls.get(name) as number)
    expect([...calls.values()].reduce((sum, count) => sum + count)).toBe(wc * 5)
    expect([...calls.keys()].every((name) => name.endsWith('-foobly'))).toBe(true)
  })

  it('goes on after the death of a worker', async () => {
    const p = create({}, 2)
    for (let i = 0; i < 6; i++) await p.inbox.put(i % 3 === 1 ? [jobs.die, [i]] : [jobs.addOne, [i]])
    await settled(p.exile())
    expect((await harvest(p.outbox)).sort()).toEqual([1, 3, 4, 6])
    const errors = await harvest(p.errbox)
    expect(errors.map(({ exitCode }) => exitCode).sort()).toEqual([1, 4])
  })

  it('leaves waiting work in the inbox if it is stopped without joining', async () => {
    const [gate, p] = [new Gate(), create({}, 1)]
    await fill(p.inbox, [jobs.atGate, [gate.path, 'done']], 3)
    await gate.whenArrived(1)
    const stopped = p.stop(false)
    gate.open()
    await settled(stopped)
    expect([p.inbox.size, p.outbox.size]).toEqual([2, 1])
    await settled(p.stop()) // the pool has ended: nothing to wait for
    expect(() => p.summon(1)).toThrow(
      new PoolError('Cannot summon workers to WorkerPool-1: it was stopped. Create a new pool.'),
    )
  })

  it('runs everything that can be scheduled', async () => {
    const p = create({}, 1)
    await p.inbox.put([jobs.Service.inThread, [1]])
    await p.inbox.put([jobs.Service.inProcess, [2]])
    await p.inbox.put([jobs.wrapped, [3]])
    await p.inbox.put([jobs.options, null, { a: 1 }])
    await p.inbox.put([jobs.options, [1]])
    await settled(p.exile())
    await expect(harvest(p.errbox)).resolves.toEqual([])
    await expect(harvest(p.outbox)).resolves.toEqual(['1 true', '2 true', 6, [{ a: 1 }], [1]])
  })

  it('takes work that a worker puts into its inbox', async () => {
    const [p, q] = [create({}, 1), create({}, 1)]
    await q.inbox.put([jobs.enqueue, [p.inbox, [1, 2, 3]]])
    await settled(q.exile())
    await settled(p.exile())
    await expect(harvest(q.errbox)).resolves.toEqual([])
    await expect(harvest(p.outbox)).resolves.toEqual([2, 3, 4])
  })

  it('accepts tasks as arguments', async () => {
    const p = create({}, 1)
    await p.inbox.put([jobs.apply, [jobs.addOne, 1]])
    await settled(p.exile())
    await expect(harvest(p.errbox)).resolves.toEqual([])
    await expect(harvest(p.outbox)).resolves.toEqual([2])
  })

  it('works inside a worker', async () => {
    const p = create({}, 1)
    await p.inbox.put([jobs.poolInside, [[1, 2, 3]]])
    await settled(p.exile())
    await expect(harvest(p.errbox)).resolves.toEqual([])
    expect((await harvest(p.outbox))[0].sort()).toEqual([2, 3, 4])
  })
})

describe('a pool', () => {
  it('starts its workers one after the other with `stagger`', async () => {
    const gate = new Gate()
    const p = keep(new WorkerPool(2, { stagger: 3_600_000 }))
    for (let i = 0; i < 2; i++) await p.inbox.put([jobs.atGate, [gate.path, i]])
    await gate.whenArrived(1)
    expect(p.inbox.size).toBe(1)
    gate.open()
    await settled(p.inbox.join()) // the first worker alone does it
    await settled(p.exile()) // the second worker has not started, and need not
    expect(p.outbox.size).toBe(2)
  })

  it('makes its workers wait while its outbox is full', async () => {
    const p = keep(new WorkerPool(1, { outbox: new Queue(1) }))
    for (let i = 0; i < 3; i++) await p.inbox.put([jobs.addOne, [i]])
    await until(() => p.inbox.size === 1, 'the second to wait for room')
    expect(p.outbox.size).toBe(1)
    for (let i = 1; i <= 3; i++) await expect(settled(p.outbox.get())).resolves.toBe(i)
    await settled(p.exile())
  })

  it('goes on if the wait for its inbox ends early', async () => {
    const [gate, p] = [new Gate(), keep(new WorkerPool(1))]
    await p.inbox.put([jobs.atGate, [gate.path, 'done']])
    const error = await failure(p.exile(true, { timeout: 20 }))
    expect(error).toBeInstanceOf(TimeoutError)
    expect(p.poolsize()).toBe(1)
    gate.open()
    await settled(p.exile())
    await expect(harvest(p.outbox)).resolves.toEqual(['done'])
  })

  it('goes on if its exile is aborted before or during the wait, and leaves no waiter at the inbox', async () => {
    const [gate, p] = [new Gate(), keep(new WorkerPool(1))]
    await p.inbox.put([jobs.atGate, [gate.path, 'done']])
    await gate.whenArrived()
    const before = await failure(p.exile(true, { signal: AbortSignal.abort(new Error('no more')) }))
    const signal = new CountedSignal()
    const during = failure(p.exile(true, { signal: signal.signal }))
    expect([joiners(p), signal.listeners]).toEqual([1, 1])
    signal.abort()
    expect([before, await during].map((error) => error instanceof CancelledError)).toEqual([true, true])
    expect([joiners(p), signal.listeners, p.poolsize()]).toEqual([0, 0, 1])
    gate.open()
    await settled(p.exile())
  })

  it('can be exiled several times at once; a call without join ends the other waits for the inbox', async () => {
    const [gate, p] = [new Gate(), keep(new WorkerPool(1))]
    for (let i = 0; i < 3; i++) await p.inbox.put([jobs.atGate, [gate.path, i]])
    await gate.whenArrived()
    const all = [p.exile(), p.stop(true, { timeout: 60_000 })]
    expect(joiners(p)).toBe(2)
    all.push(p.exile(false))
    expect(joiners(p)).toBe(0)
    gate.open()
    await settled(Promise.all(all))
    expect([p.inbox.size, p.poolsize()]).toEqual([2, 0])
  })

  it('discards results and errors if the boxes are dummy queues', async () => {
    const errors: Error[] = []
    const p = keep(
      new WorkerPool(1, { outbox: new DummyQueue(), errbox: new DummyQueue((error) => errors.push(error as Error)) }),
    )
    await p.inbox.put([jobs.addOne, [1]])
    await p.inbox.put([jobs.fail])
    await settled(p.exile())
    expect([p.outbox.size, p.errbox.size]).toEqual([0, 0])
    expect(errors).toEqual([new Error('error cond')])
  })

  it('reports an item that is not work in the errbox', async () => {
    const p = keep(new WorkerPool(1))
    const bad: unknown[] = [5, [], [jobs.addOne, 5], [jobs.addOne, [1], [2]], [() => 1], [jobs.addOne, [() => 1]]]
    for (const work of bad) await p.inbox.put(work)
    await settled(p.exile())
    const errors = (await harvest<Error>(p.errbox)).map(({ name, message }) => `${name}: ${message.split('. ')[0]}`)
    expect(errors).toEqual([
      'TypeError: Expected work to be `[fn, args, kwargs]`, got `5` (number)',
      'TypeError: Expected work to be `[fn, args, kwargs]`, got `[]` (Array)',
      'TypeError: Expected `args` of work to be an array, got `5` (number)',
      'TypeError: Expected `kwargs` of work to be an object, got `[ 2 ]` (Array)',
      'TypeError: Cannot schedule an anonymous function: a worker could not find it',
      expect.stringMatching(
        /^SerializationError: Cannot send `args\[0\]` of `.*` of boxes\.ts to a worker: a function cannot be cloned$/,
      ),
    ])
  })

  it.each([
    [
      () => new WorkerPool('8' as never),
      TypeError,
      'Expected `wcount` to be an integer from 0 to 10000, got `"8"` (string)',
    ],
    [() => new WorkerPool(-1), RangeError, 'Expected `wcount` to be an integer from 0 to 10000, got `-1` (number)'],
    [() => new WorkerPool(1, { inbox: [] as never }), TypeError, 'Expected `inbox` to be a Queue, got `[]` (Array)'],
    [
      () => new WorkerPool(1, { kind: 'fork' as never }),
      TypeError,
      'Expected `kind` to be "thread" or "process", got `"fork"` (string)',
    ],
    [() => new WorkerPool(1, { sufix: 'x' } as never), TypeError, 'Unknown option `sufix`; did you mean `suffix`?'],
    [
      () => new WorkerPool(1, { workerSetup: () => 1 }),
      TypeError,
      'Expected `workerSetup` to be a task: task(fn), a wrapped function or a decorated static method, got `[Function: workerSetup]` (function)',
    ],
    [() => new Worker({ nmae: 'x' } as never), TypeError, 'Unknown option `nmae`; did you mean `name`?'],
    [
      () => new DummyQueue(3 as never),
      TypeError,
      'Expected the callback of a DummyQueue to be a function, got `3` (number)',
    ],
  ])('refuses %p', (create, Class, message) => {
    expect(create).toThrow(new Class(message))
  })
})
