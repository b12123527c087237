import { availableParallelism } from 'node:os'
import { performance } from 'node:perf_hooks'
import { BusyPoller } from '../../src/worker/busy-poller'

const POLL_FOR = 0.1
const SEQUENCE_GAP = 1.5 * POLL_FOR

/** An event loop whose clock advances by `step` ms per turn. */
class Loop {
  time = 100
  turns = 0
  readonly #step: number
  readonly #deferred: Array<() => void> = []
  readonly poller = new BusyPoller({ now: () => this.time, defer: (fn) => this.#deferred.push(fn) }, POLL_FOR)

  constructor(step = 0.03) {
    this.#step = step
  }

  /** A call arrives, and its body ends at once. */
  serve(isLoneCall = true): void {
    this.poller.callsReceived(isLoneCall)
    this.poller.idle()
  }

  /** Turns until nothing is deferred, at most `most` times. Returns the number of turns. */
  turn(most = Infinity): number {
    let turns = 0
    for (; turns < most && this.#deferred.length > 0; turns++) {
      this.time += this.#step
      for (const fn of this.#deferred.splice(0)) fn()
    }
    return turns
  }
}

test('a single call lets the loop sleep', () => {
  const loop = new Loop()
  loop.serve()
  expect(loop.turn()).toBe(0)
})

test('a call shortly after another keeps the loop awake, and so does each further one', () => {
  const loop = new Loop()
  loop.serve()
  loop.time += 0.9 * SEQUENCE_GAP
  loop.serve()
  for (let call = 0; call < 3; call++) {
    expect(loop.turn(2)).toBe(2)
    loop.serve()
  }
  expect(loop.turn()).toBe(4) // 0.03, 0.06, 0.09, 0.12
})

test('a call that comes later begins a new sequence', () => {
  const loop = new Loop()
  loop.serve()
  loop.time += SEQUENCE_GAP
  loop.serve()
  expect(loop.turn()).toBe(0)
})

test('a call that is not the only one of its pool ends the sequence', () => {
  const loop = new Loop()
  loop.serve()
  loop.serve()
  loop.turn(1)
  loop.serve(false)
  expect(loop.turn()).toBe(1)
  loop.serve()
  expect(loop.turn()).toBeGreaterThan(1)
})

test('the next call prolongs the polling; there is one loop for all calls', () => {
  const loop = new Loop()
  loop.serve()
  loop.serve()
  loop.turn(2)
  loop.serve()
  loop.serve()
  expect(loop.turn()).toBe(4)
})

test('a call whose body still runs does not prolong the polling', () => {
  const loop = new Loop()
  loop.serve()
  loop.serve()
  loop.poller.callsReceived(true)
  expect(loop.turn()).toBe(4)
})

test('the loop is never kept awake on a single core', () => {
  const loop = new Loop()
  const poller = new BusyPoller({ now: () => loop.time, defer: () => fail() }, 0)
  for (let call = 0; call < 3; call++) {
    poller.callsReceived(true)
    poller.idle()
  }
})

test('the loop is not kept awake for ever if a fake clock stands still', () => {
  const loop = new Loop(0)
  loop.serve()
  loop.serve()
  expect(loop.turn(10_000)).toBe(1000)
  loop.serve()
  expect(loop.turn(10_000)).toBe(1000)
})

test('a clock that is faked later is not used', () => {
  const poller = new BusyPoller()
  const now = jest.spyOn(performance, 'now')
  poller.callsReceived(true)
  poller.idle()
  expect(now).not.toHaveBeenCalled()
  now.mockRestore()
})

test('the real loop turns for POLL_FOR ms', async () => {
  const poller = new BusyPoller()
  for (let call = 0; call < 2; call++) {
    poller.callsReceived(true)
    poller.idle()
  }
  const before = performance.eventLoopUtilization()
  const from = performance.now()
  await new Promise((resolve) => setTimeout(resolve, 5))
  const { idle } = performance.eventLoopUtilization(before)
  if (availableParallelism() > 1) expect(performance.now() - from - idle).toBeGreaterThanOrEqual(POLL_FOR)
})

function fail(): never {
  throw new Error('The loop was kept awake.')
}
