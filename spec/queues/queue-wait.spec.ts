/** What ends a wait, and that it leaves nothing behind. */
import type { ChildProcess } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { CancelledError, Queue, TimeoutError, waitForQueues, waitForThreads } from 'pebble-ts'
import { CountedSignal, countTimers, timers, turns } from '../support/leftovers'
import { failure, settled } from '../support/until'

countTimers(/LimitedWait\.begin/)

interface Limits {
  timeout?: number
  signal?: AbortSignal
}

interface Subject {
  readonly name: string
  /** A queue at which the wait does not end by itself. */
  readonly queue: Queue<number>
  readonly missing: string
  wait(limits: Limits): Promise<unknown>
  /** Makes the wait succeed. */
  fulfil(): void
}

/** Unlike `failure`, without a timer of its own. */
const outcome = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error)

const waiters = (queue: Queue<never> | Queue<number>): number => (queue as any).source.waiting

const subjects: Array<() => Subject> = [
  () => {
    const queue = new Queue<number>()
    return {
      name: 'get()',
      queue,
      missing: 'There was no item in the queue',
      wait: (limits) => queue.get(limits),
      fulfil: () => queue.putNowait(1),
    }
  },
  () => {
    const queue = new Queue<number>(1)
    queue.putNowait(1)
    return {
      name: 'put()',
      queue,
      missing: 'There was no room in the queue',
      wait: (limits) => queue.put(2, limits),
      fulfil: () => void queue.getNowait(),
    }
  },
  () => {
    const queue = new Queue<number>()
    queue.putNowait(1)
    return {
      name: 'join()',
      queue,
      missing: 'The items of the queue were not done',
      wait: (limits) => queue.join(limits),
      fulfil: () => queue.taskDone(),
    }
  },
]

describe.each(subjects.map((create) => [create().name, create] as const))('%s', (name, create) => {
  const { missing } = create()
  let subject: Subject
  beforeEach(() => {
    subject = create()
  })
  const expectNothingLeft = async (signal?: CountedSignal): Promise<void> => {
    await turns()
    expect([waiters(subject.queue), timers(), signal?.listeners ?? 0]).toEqual([0, 0, 0])
  }

  it('ends at its timeout', async () => {
    const size = subject.queue.size
    const error = await failure<TimeoutError>(subject.wait({ timeout: 20 }))
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error.message).toBe(`${missing} within 20 ms (limit \`timeout: 20\`).`)
    expect(error.timeout).toBe(20)
    expect(subject.queue.size).toBe(size)
    await expectNothingLeft()
  })

  it('does not wait with `timeout: 0`', async () => {
    const error = await failure<TimeoutError>(subject.wait({ timeout: 0 }))
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error.message).toBe(`${missing} (limit \`timeout: 0\`).`)
    await expectNothingLeft()
  })

  it('does not begin if its signal has aborted', async () => {
    const signal = new CountedSignal()
    signal.abort()
    subject.fulfil() // it could succeed at once
    const { size } = subject.queue
    const error = await failure(subject.wait({ signal: signal.signal, timeout: 1_000 }))
    expect(error).toBeInstanceOf(CancelledError)
    expect(error.message).toBe(`${name} was cancelled by its signal.`)
    expect(error.cause).toBe(signal.signal.reason)
    expect(subject.queue.size).toBe(size)
    await expectNothingLeft(signal)
  })

  it('ends when its signal aborts', async () => {
    const signal = new CountedSignal()
    const others = subject.wait({ signal: new AbortController().signal })
    const wait = outcome(subject.wait({ signal: signal.signal, timeout: 60_000 }))
    expect([waiters(subject.queue), signal.listeners, timers()]).toEqual([2, 1, 1])
    signal.abort()
    expect(await wait).toBeInstanceOf(CancelledError)
    expect(waiters(subject.queue)).toBe(1)
    subject.fulfil()
    await settled(others)
    await expectNothingLeft(signal)
  })

  it('succeeds, and later limits do not affect it', async () => {
    const signal = new CountedSignal()
    const wait = subject.wait({ signal: signal.signal, timeout: 60_000 })
    subject.fulfil()
    signal.abort() // too late: the wait has succeeded
    await settled(wait)
    await expectNothingLeft(signal)
  })

  it('has one listener on a signal, however many waits use it', async () => {
    const signal = new CountedSignal()
    const waits = Array.from({ length: 20 }, () => outcome(subject.wait({ signal: signal.signal })))
    expect([waiters(subject.queue), signal.listeners]).toEqual([20, 1])
    signal.abort()
    await Promise.all(waits)
    await expectNothingLeft(signal)
  })

  it('accepts a timeout that no timer can hold', async () => {
    const wait = subject.wait({ timeout: 1e12 })
    await turns()
    subject.fulfil()
    await settled(wait)
    await expectNothingLeft()
  })
})

describe('waitForQueues()', () => {
  const queues = (): Array<Queue<number>> => [new Queue<number>(), new Queue<number>(), new Queue<number>()]
  const counts = (all: Array<Queue<number>>): number[] => all.map(waiters)

  it('leaves nothing behind at its timeout', async () => {
    const all = queues()
    await expect(waitForQueues(all, 20)).resolves.toEqual([])
    await expect(waitForQueues(all, 0)).resolves.toEqual([])
    expect([...counts(all), timers()]).toEqual([0, 0, 0, 0])
  })

  it('leaves nothing behind when it is aborted, before it begins or later', async () => {
    const [all, signal] = [queues(), new CountedSignal()]
    const during = outcome(waitForQueues(all, 60_000, { signal: signal.signal }))
    await turns()
    expect([...counts(all), timers(), signal.listeners]).toEqual([1, 1, 1, 1, 1])
    signal.abort()
    expect(await during).toBeInstanceOf(CancelledError)
    all[0]?.putNowait(1)
    const late = await failure(waitForQueues(all, 60_000, { signal: signal.signal }))
    expect(late.message).toBe('waitForQueues() was cancelled by its signal.')
    expect([...counts(all), timers(), signal.listeners]).toEqual([0, 0, 0, 0, 0])
  })

  it('leaves nothing behind when it succeeds', async () => {
    const [all, signal] = [queues(), new CountedSignal()]
    const wait = waitForQueues(all, 60_000, { signal: signal.signal })
    await turns()
    all[1]?.putNowait(1)
    await expect(wait).resolves.toEqual([all[1]])
    expect([...counts(all), timers(), signal.listeners]).toEqual([0, 0, 0, 0, 0])
  })
})

describe('waitForThreads()', () => {
  class Child extends EventEmitter {
    exitCode: number | null = null
    signalCode = null
    exit(): void {
      this.exitCode = 0
      this.emit('exit')
    }
  }
  const childProcess = (child: Child): ChildProcess => child as unknown as ChildProcess
  const listeners = (child: Child): number => child.listenerCount('exit') + child.listenerCount('close')

  it('leaves nothing behind at its timeout', async () => {
    const child = new Child()
    await expect(waitForThreads([childProcess(child)], 20)).resolves.toEqual([])
    await expect(waitForThreads([childProcess(child)], 0)).resolves.toEqual([])
    expect([listeners(child), timers()]).toEqual([0, 0])
  })

  it('leaves nothing behind when it is aborted, before it begins or later', async () => {
    const [child, signal] = [new Child(), new CountedSignal()]
    const during = outcome(waitForThreads([childProcess(child)], 60_000, { signal: signal.signal }))
    await turns()
    expect([listeners(child), timers(), signal.listeners]).toEqual([2, 1, 1])
    signal.abort()
    expect(await during).toBeInstanceOf(CancelledError)
    child.exit()
    const late = await failure(waitForThreads([childProcess(child)], undefined, { signal: signal.signal }))
    expect(late.message).toBe('waitForThreads() was cancelled by its signal.')
    expect([listeners(child), timers(), signal.listeners]).toEqual([0, 0, 0])
  })

  it('leaves nothing behind when it succeeds', async () => {
    const [child, other] = [new Child(), new Child()]
    const wait = waitForThreads([other, child].map(childProcess), 60_000)
    await turns()
    child.emit('close') // of a pipe; the process has not exited yet
    child.exit()
    await expect(wait).resolves.toEqual([child])
    expect([listeners(child), listeners(other), timers()]).toEqual([0, 0, 0])
  })
})
