import { PoolError, ProcessExpired, ThreadExpired } from 'pebble-ts'
import { Worker } from 'pebble-ts/workers'
import * as jobs from '../fixtures/boxes'
import { forEachKind } from '../support/setup'
import { settled } from '../support/until'
import { keep, harvest } from './kit'

forEachKind('Worker', (kind) => {
  const create = (options: object = {}): Worker => keep(new Worker({ kind, name: 'flob', ...options }))

  it('does the work in its inbox', async () => {
    const worker = create({ stagger: 10 })
    expect(worker.name).toBe('Worker-flob')
    await worker.inbox.put([jobs.addOne, [1], {}])
    await settled(worker.inbox.join())
    await expect(harvest(worker.outbox)).resolves.toEqual([2])
    await settled(worker.banish())
    await settled(worker.join())
  })

  it('puts errors into its errbox', async () => {
    const worker = create()
    await worker.inbox.put([jobs.fail, [1]])
    await settled(worker.inbox.join())
    const [error] = await harvest<Error>(worker.errbox)
    expect(error).toEqual(new Error('error cond'))
    expect(error?.stack).toMatch(/boxes\.ts/)
    expect(worker.outbox.size).toBe(0)
  })

  it('passes the result of its set-up to each call', async () => {
    const worker = create({ workerSetup: jobs.setUp })
    for (const value of [1, 2]) await worker.inbox.put([jobs.count, [value]])
    await settled(worker.inbox.join())
    await expect(harvest(worker.errbox)).resolves.toEqual([])
    await expect(harvest(worker.outbox)).resolves.toEqual([
      { value: 1, name: 'Worker-flob', called: 1 },
      { value: 2, name: 'Worker-flob', called: 2 },
    ])
  })

  it('adds the result of its set-up to the named arguments of a call', async () => {
    const worker = create({ workerSetup: jobs.setUp })
    await worker.inbox.put([jobs.withAll, [1, 2], { depth: 3 }])
    await worker.inbox.put([jobs.withAll])
    await settled(worker.inbox.join())
    await expect(harvest(worker.outbox)).resolves.toEqual([
      { args: [1, 2], kwargs: { depth: 3 }, name: 'Worker-flob' },
      { args: [], kwargs: {}, name: 'Worker-flob' },
    ])
  })

  it('fails all its work if the set-up fails', async () => {
    const worker = create({ workerSetup: jobs.failToSetUp })
    for (const value of [1, 2]) await worker.inbox.put([jobs.count, [value]])
    await settled(worker.inbox.join())
    const errors = await harvest<PoolError>(worker.errbox)
    expect(errors.map(({ cause }) => cause)).toEqual([new RangeError('no connection'), new RangeError('no connection')])
    expect(errors[0]).toBeInstanceOf(PoolError)
  })

  it('goes on with a fresh set-up after the death of its thread or process', async () => {
    const worker = create({ workerSetup: jobs.setUp })
    for (const work of [
      [jobs.count, [1]],
      [jobs.die, [3]],
      [jobs.count, [2]],
    ])
      await worker.inbox.put(work)
    await settled(worker.inbox.join())
    const [error] = await harvest(worker.errbox)
    expect(error).toBeInstanceOf(kind === 'thread' ? ThreadExpired : ProcessExpired)
    expect(error.exitCode).toBe(3)
    expect((await harvest(worker.outbox)).map(({ called }) => called)).toEqual([1, 1])
  })
})
