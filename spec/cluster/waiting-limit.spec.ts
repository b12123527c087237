import type { QueueCall } from '../../src/cluster/queue-call'
import { WaitingLimit } from '../../src/cluster/waiting-limit'
import { CallState } from '../../src/dispatch/call'
import { FakeClock } from '../support/clock'

let clock: FakeClock
let failures: Array<readonly [at: number, message: string]>
let asked: number[]
beforeEach(() => {
  clock = new FakeClock()
  ;[failures, asked] = [[], []]
})

function fakeCall(more: object = {}): QueueCall & { settle(): void } {
  const listeners: Array<() => void> = []
  const call = {
    id: 'a',
    label: '`f`',
    state: CallState.Queued,
    isAdded: true,
    limits: { queueTimeout: 500 },
    running: () => false,
    future: { done: () => call.state === CallState.Settled },
    whenSettled: (listener: () => void) => void listeners.push(listener),
    settle: () => {
      call.state = CallState.Settled
      for (const listener of listeners) listener()
    },
    ...more,
  }
  return call as never
}

/** @param removals whether each attempt to remove the job succeeds */
function limit(removals: Array<boolean | Error>, { pickUps = 0, shared = 1 } = {}): WaitingLimit {
  let at = 0
  const engine = {
    read: async () => [{ id: 'a', state: 'waiting' as const, pickUps, failures: 0, attempts: 1 }],
    remove: async () => {
      asked.push(at)
      const removed = removals.shift() ?? false
      if (removed instanceof Error) throw removed
      return removed
    },
  }
  const fail = (call: unknown, error: unknown): boolean => {
    failures.push([at, String(error)])
    ;(call as ReturnType<typeof fakeCall>).settle()
    return true
  }
  pass = async (ms) => {
    for (const end = at + ms; at < end;) {
      at += 250
      await clock.pass(250)
    }
  }
  return new WaitingLimit(
    engine,
    { fail },
    {
      shared: () => shared,
      lookAt: () => undefined,
      removing: (_id, removal) => removal(),
      hint: async () => '',
    },
  )
}
let pass: (ms: number) => Promise<void>

test('a call that has not started in time is removed, and fails', async () => {
  limit([true]).watch(fakeCall(), 500)
  await pass(2_000)
  expect(failures).toEqual([[500, expect.stringContaining('did not start within 500 ms')]])
  expect(clock.timers).toEqual([])
})

test('a call that cannot be removed is looked at again after pauses that double, up to 30 s', async () => {
  const removals = [new Error('down'), false, false, false, false, false, false, true]
  limit(removals).watch(fakeCall(), 500)
  await pass(120_000)
  expect(asked).toEqual([500, 1_500, 3_500, 7_500, 15_500, 31_500, 61_500, 91_500])
  expect(failures).toHaveLength(1)
})

test('nothing is asked about a call that has settled meanwhile', async () => {
  const call = fakeCall()
  limit([false, true]).watch(call, 500)
  await pass(1_000)
  call.settle()
  await pass(60_000)
  expect([asked, failures, clock.timers]).toEqual([[500], [], []])
})

test.each<[string, object, object]>([
  ['that others of this program wait for', {}, { shared: 2 }],
  ['that the queue has not accepted', { isAdded: false }, {}],
])('a job %s is not removed, and the call fails', async (_what, call, more) => {
  limit([], more).watch(fakeCall(call), 500)
  await pass(2_000)
  expect([asked, failures.length]).toEqual([[], 1])
})

test('a job that has started is not removed', async () => {
  const call = fakeCall()
  limit([], { pickUps: 1 }).watch(call, 500)
  await pass(20_000)
  expect([asked, failures]).toEqual([[], []])
  call.settle()
})
