import { SummoningPool, summoningPool } from 'pebble-ts/workers'
import * as jobs from '../fixtures/boxes'
import { Gate } from '../support/gate'
import { countTimers, timers, turns } from '../support/leftovers'
import { forEachKind } from '../support/setup'
import { settled, until } from '../support/until'

forEachKind('SummoningPool', (kind) => {
  it('has as many workers as its work needs within its bounds', async () => {
    const gate = new Gate()
    const p = new SummoningPool(1, 3, { kind, rate: 2, ratio: 2, interval: 1 })
    const sizes = new Set<number>()
    const summon = jest.spyOn(p, 'summon').mockImplementation((count) => {
      SummoningPool.prototype.summon.call(p, count)
      sizes.add(p.poolsize())
    })
    for (let i = 0; i < 20; i++) await p.inbox.put([jobs.atGate, [gate.path, i]])
    await gate.whenArrived(3)
    await until(() => p.poolsize() === 3, 'all workers')
    gate.open()
    await until(() => p.outbox.size === 20, 'all work to be done')
    await until(() => p.poolsize() === 1, 'the workers to be banished')
    expect(Math.max(...sizes)).toBe(3)
    expect(summon.mock.calls.every(([count]) => count <= 2)).toBe(true)
    await settled(p.exile())
    expect(p.poolsize()).toBe(0)
  })

  it('summons workers while it is paused, and works when it runs', async () => {
    await using p = summoningPool(1, 2, { kind, ratio: 1, interval: 0 })
    p.pause()
    for (let i = 0; i < 10; i++) await p.inbox.put([jobs.addOne, [i]])
    await until(() => p.poolsize() === 2, 'another worker')
    expect(p.outbox.size).toBe(0)
    p.run()
    await settled(p.inbox.join())
    expect(p.outbox.size).toBe(10)
  })
})

describe('SummoningPool', () => {
  countTimers(/#scaleLater/)

  it('has no timer while there is nothing to scale', async () => {
    const p = new SummoningPool(1, 2, { interval: 60_000 })
    await turns()
    expect(timers()).toBe(0)
    p.pause()
    await p.inbox.put([jobs.addOne, [1]])
    await until(() => timers() === 1, 'the timer of the autoscaler')
    await p.exile()
    expect(timers()).toBe(0)
    expect((p.inbox as any).source.waiting).toBe(0)
  })

  it.each([
    [() => new SummoningPool(3, 2), RangeError, 'Expected `maxw` to be at least `wcount` (3), got 2'],
    [() => new SummoningPool(0, 0), RangeError, 'Expected `maxw` to be a positive integer, got `0` (number)'],
    [
      () => new SummoningPool(1, 2, { rate: 0 }),
      RangeError,
      'Expected `rate` to be a positive integer, got `0` (number)',
    ],
    [
      () => new SummoningPool(1, 2, { intervall: 1 } as never),
      TypeError,
      'Unknown option `intervall`; did you mean `interval`?',
    ],
  ])('refuses %p', (create, Class, message) => {
    expect(create).toThrow(new Class(message))
  })
})
