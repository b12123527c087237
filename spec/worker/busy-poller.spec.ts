import { availableParallelism } from 'node:os'
import { performance } from 'node:perf_hooks'
import { BusyPoller } from '../../src/worker/busy-poller'

const AWAKE = 0.1
const CLOSE = 1.5 * AWAKE

/** A loop whose time goes on by `step` ms a turn. */
class Loop {
  time = 100
  turns = 0
  readonly #step: number
  readonly #deferred: Array<() => void> = []
  readonly poller = new BusyPoller({ now: () => this.time, defer: (fn) => this.#deferred.push(fn) }, AWAKE)

  constructor(step = 0.03) {
    this.#step = step
  }

  /** A call comes, and its body ends at once. */
  serve(alone = true): void {
    this.poller.callsReceived(alone)
    this.poller.idle()
  }

  /** Goes round until nothing is deferred, or for so many turns; how many there were. */
  turn(most = Infinity): number {
    let turns = 0
    for (; turns < most && this.#deferred.length > 0; turns++) {
      this.time += this.#step
      for (const fn of this.#deferred.splice(0)) fn()
    }
    return turns
  }
}

test('a call by itself lets the loop sleep', () => {
  const loop = new Loop()
  loop.serve()
  expect(loop.turn()).toBe(0)
})

test('a second one close behind it keeps the loop awake, and so on', () => {
  const loop = new Loop()
  loop.serve()
  loop.time += 0.9 * CLOSE
  loop.serve()
  for (let call = 0; call < 3; call++) {
    expect(loop.turn(2)).toBe(2)
    loop.serve()
  }
  expect(loop.turn()).toBe(4) // 0.03, 0.06, 0.09, 0.12
})

test('one that comes later begins a new row', () => {
  const loop = new Loop()
  loop.serve()
  loop.time += CLOSE
  loop.serve()
  expect(loop.turn()).toBe(0)
})

test('one that is not alone ends the row', () => {
  const loop = new Loop()
  loop.serve()
  loop.serve()
  loop.turn(1)
  loop.serve(false)
  expect(loop.turn()).toBe(1)
  loop.serve()
  expect(loop.turn()).toBeGreaterThan(1)
})

test('the next call prolongs it: one loop, however many calls', () => {
  const loop = new Loop()
  loop.serve()
  loop.serve()
  loop.turn(2)
  loop.serve()
  loop.serve()
  expect(loop.turn()).toBe(4)
})

test('a body that takes its time is no reason to stay awake', () => {
  const loop = new Loop()
  loop.serve()
  loop.serve()
  loop.poller.callsReceived(true)
  expect(loop.turn()).toBe(4)
})

test('never, where the program needs the only core', () => {
  const loop = new Loop()
  const poller = new BusyPoller({ now: () => loop.time, defer: () => fail() }, 0)
  for (let call = 0; call < 3; call++) {
    poller.callsReceived(true)
    poller.idle()
  }
})

test('not for ever, where a faked clock stands still', () => {
  const loop = new Loop(0)
  loop.serve()
  loop.serve()
  expect(loop.turn(10_000)).toBe(1000)
  loop.serve()
  expect(loop.turn(10_000)).toBe(1000)
})

test('a clock that is faked later is not asked', () => {
  const poller = new BusyPoller()
  const now = jest.spyOn(performance, 'now')
  poller.callsReceived(true)
  poller.idle()
  expect(now).not.toHaveBeenCalled()
  now.mockRestore()
})

test('the real loop turns for that long', async () => {
  const poller = new BusyPoller()
  for (let call = 0; call < 2; call++) {
    poller.callsReceived(true)
    poller.idle()
  }
  const before = performance.eventLoopUtilization()
  const from = performance.now()
  await new Promise((resolve) => setTimeout(resolve, 5))
  const { idle } = performance.eventLoopUtilization(before)
  if (availableParallelism() > 1) expect(performance.now() - from - idle).toBeGreaterThanOrEqual(AWAKE)
})

function fail(): never {
  throw new Error('The loop was kept awake.')
}
