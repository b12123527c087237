import { availableParallelism } from 'node:os'
import { performance } from 'node:perf_hooks'
import { BusyPoller } from '../../src/worker/busy-poller'

const POLL_FOR = 0.1
const SERIES_GAP = 3 * POLL_FOR
const PERIOD = 256
const TRIAL = 16

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

  get isPolling(): boolean {
    return this.#deferred.length > 0
  }

  /** Serves calls one after another. The gap before the next one depends on whether the loop polls. Returns where it did. */
  serveSequence(calls: number, gaps: { polling: number; sleeping: number }): boolean[] {
    return Array.from({ length: calls }, () => {
      const from = this.time
      this.serve()
      this.turn(1)
      const polled = this.isPolling
      const arrives = from + (polled ? gaps.polling : gaps.sleeping)
      while (this.isPolling && this.time < arrives) this.turn(1)
      this.time = arrives
      return polled
    })
  }
}

test('a single call lets the loop sleep', () => {
  const loop = new Loop()
  loop.serve()
  expect(loop.turn()).toBe(0)
})

test('a call shortly after another keeps the loop awake', () => {
  const loop = new Loop()
  loop.serve()
  loop.time += 0.9 * SERIES_GAP
  loop.serve()
  expect(loop.turn()).toBe(4) // 0.03, 0.06, 0.09, 0.12
})

test('a trial at the start of a series polls after every second call', () => {
  const polled = new Loop().serveSequence(TRIAL, { polling: 0.05, sleeping: 0.05 })
  expect(polled).toEqual(Array.from({ length: TRIAL }, (_, call) => call % 2 === 1))
})

test('each call is followed by polling if the trial has shown shorter gaps with it', () => {
  const polled = new Loop().serveSequence(PERIOD, { polling: 0.05, sleeping: 0.1 })
  expect(polled.slice(TRIAL)).toEqual(Array(PERIOD - TRIAL).fill(true))
})

test('the loop sleeps between the calls if the trial has shown that polling is worth nothing', () => {
  const polled = new Loop().serveSequence(PERIOD, { polling: 0.1, sleeping: 0.1 })
  expect(polled.slice(TRIAL)).toEqual(Array(PERIOD - TRIAL).fill(false))
})

test('the loop sleeps between the calls if the parent waits for the core until the polling ends', () => {
  const polled = new Loop().serveSequence(PERIOD, { polling: 0.15, sleeping: 0.05 })
  expect(polled.slice(TRIAL)).toEqual(Array(PERIOD - TRIAL).fill(false))
})

test('one long gap in a trial does not decide it', () => {
  const loop = new Loop()
  loop.serveSequence(6, { polling: 0.05, sleeping: 0.1 })
  loop.serveSequence(1, { polling: 0.29, sleeping: 0.29 })
  const polled = loop.serveSequence(PERIOD - 7, { polling: 0.05, sleeping: 0.1 })
  expect(polled.slice(TRIAL)).not.toContain(false)
})

test('the gap after a call that was no part of a series counts as one without polling', () => {
  const loop = new Loop()
  for (let series = 0; series < TRIAL; series++) {
    loop.serveSequence(2, { polling: 0.05, sleeping: 0.1 })
    loop.time += 2 * SERIES_GAP
  }
  const polled = loop.serveSequence(PERIOD - 2 * TRIAL, { polling: 0.05, sleeping: 0.1 })
  expect(polled.slice(TRIAL)).not.toContain(false)
})

test('each period has a trial of its own', () => {
  const loop = new Loop()
  loop.serveSequence(PERIOD, { polling: 0.1, sleeping: 0.05 })
  const polled = loop.serveSequence(PERIOD, { polling: 0.05, sleeping: 0.1 })
  expect(polled.slice(TRIAL)).toEqual(Array(PERIOD - TRIAL).fill(true))
})

test('a call that comes later begins a new series', () => {
  const loop = new Loop()
  loop.serve()
  loop.time += 1.01 * SERIES_GAP
  loop.serve()
  expect(loop.turn()).toBe(0)
})

test('a call that is not the only one of its pool ends the series', () => {
  const loop = new Loop()
  loop.serve()
  loop.serve()
  loop.turn(1)
  loop.serve(false)
  expect(loop.turn()).toBe(1)
  loop.serve()
  loop.serve()
  expect(loop.turn()).toBeGreaterThan(1)
})

test('the next call prolongs the polling; there is one loop for all calls', () => {
  const loop = new Loop()
  loop.serveSequence(TRIAL, { polling: 0.05, sleeping: 0.1 })
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
