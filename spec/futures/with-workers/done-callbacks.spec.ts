import { Future } from 'pebble-ts'
import { flavours } from '../../fixtures/flavours'
import { Gate } from '../../support/gate'
import { forEachKind } from '../../support/setup'
import { settled, until } from '../../support/until'
import { warnings } from '../../support/warnings'

forEachKind('done-callbacks', (kind) => {
  const { concurrent, asynchronous } = {
    concurrent: flavours.concurrent[kind],
    asynchronous: flavours.asynchronous[kind],
  }

  test('get the future when it is done, in the order in which they were added', async () => {
    for (const { twice } of [concurrent, asynchronous]) {
      const heard: unknown[] = []
      const future = twice(21)
      future.addDoneCallback((done) => heard.push('first', done, done.done()))
      future.addDoneCallback(() => heard.push('second'))
      expect(heard).toEqual([])
      expect(await settled(future)).toBe(42)
      await until(() => heard.length === 4, 'both callbacks')
      expect(heard).toEqual(['first', future, true, 'second'])
    }
  })

  test('run at once on a future that is done (concurrent)', async () => {
    const future = concurrent.twice(1)
    await settled(future)
    let called = false
    future.addDoneCallback(() => (called = true))
    expect(called).toBe(true)
  })

  test('run in a later turn of the event loop on a future that is done (asynchronous)', async () => {
    const future = asynchronous.twice(1)
    await settled(future)
    let called = false
    future.addDoneCallback(() => (called = true))
    expect(called).toBe(false)
    await Promise.resolve()
    expect(called).toBe(false)
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
    expect(called).toBe(true)
  })

  test('run inside cancel() (concurrent), or in a later turn (asynchronous)', async () => {
    for (const [flavour, inside] of [
      [concurrent, true],
      [asynchronous, false],
    ] as const) {
      const gate = new Gate()
      const future = flavour.wait(gate.path)
      let cancelled: boolean | undefined
      future.addDoneCallback((done) => (cancelled = done.cancelled()))
      expect(future.cancel()).toBe(true)
      expect(cancelled).toBe(inside ? true : undefined)
      await until(() => cancelled === true, 'the callback')
    }
  })

  test('that throw or reject cause warnings with their stack; the others run', async () => {
    const heard = warnings()
    const future = concurrent.twice(3)
    const called: string[] = []
    future.addDoneCallback(() => {
      throw new Error('thrown by a callback')
    })
    const rejecting: never = (async () => Promise.reject(new Error('rejected by a callback'))) as never
    future.addDoneCallback(rejecting)
    future.addDoneCallback(() => called.push('the last'))
    expect(await settled(future)).toBe(6)
    expect(called).toEqual(['the last'])
    await until(() => heard.length === 2, 'two warnings')
    expect(heard.map((warning) => warning.type)).toEqual(['PebbleCallbackWarning', 'PebbleCallbackWarning'])
    expect(heard[0]?.detail).toMatch(/^Error: thrown by a callback\n.*done-callbacks\.spec\.ts:\d+/)
    expect(heard[1]?.detail).toMatch(/^Error: rejected by a callback\n/)
  })

  test('that throw something without a text do not keep the call pending; the others run', async () => {
    const heard = warnings()
    const called: string[] = []
    const future = concurrent.twice(3)
    future.addDoneCallback(() => {
      throw Object.create(null)
    })
    future.addDoneCallback(() => called.push('the last'))
    expect(await settled(future)).toBe(6)
    expect(called).toEqual(['the last'])
    expect(heard.map(({ detail }) => detail)).toEqual(['[Object: null prototype] {}'])
  })

  test('must be functions', () => {
    const future = concurrent.twice(1)
    expect(() => future.addDoneCallback(1 as never)).toThrow('Expected a function as the done-callback, got number')
  })
})

test('a future created by hand has done-callbacks, too', async () => {
  const future = Future.resolve<number>(1)
  const heard: Array<Future<number>> = []
  future.addDoneCallback((done) => heard.push(done))
  await until(() => heard.length === 1, 'the callback')
  expect(heard).toEqual([future])
})
