import { waitWithin, type CancelWait, type WaitHandler, type Waitable } from '../../src/utils/limited-wait'

/** A wait that the test ends. */
class Subject implements Waitable<string> {
  handler!: WaitHandler<string>
  mayWait: boolean | undefined
  refused: (() => void) | undefined
  endAtOnce: ((handler: WaitHandler<string>) => void) | undefined

  begin(handler: WaitHandler<string>, mayWait: boolean): CancelWait | undefined {
    this.handler = handler
    this.mayWait = mayWait
    this.endAtOnce?.(handler)
    return (refused) => (this.refused = refused)
  }

  timedOut(timeout: number): Error {
    return new Error(`timed out after ${timeout} ms`)
  }

  cancelled(signal: AbortSignal): Error {
    return new Error('cancelled', { cause: signal.reason })
  }
}

let subject: Subject
beforeEach(() => (subject = new Subject()))

it('a wait resolves to what comes, and rejects with what fails', async () => {
  const done = waitWithin(subject, {}, undefined)
  subject.handler.done('item')
  await expect(done).resolves.toBe('item')
  const failed = waitWithin(subject, {}, undefined)
  subject.handler.failed(new RangeError('no'))
  await expect(failed).rejects.toEqual(new RangeError('no'))
})

it('a wait with `timeout: 0` is not mayWait', async () => {
  const wait = waitWithin(subject, { timeout: 0 }, undefined)
  expect(subject.mayWait).toBe(false)
  subject.handler.unavailable()
  await expect(wait).rejects.toThrow('timed out after 0 ms')
})

it('a wait whose signal has aborted does not begin', async () => {
  const wait = waitWithin(subject, { signal: AbortSignal.abort('why') }, undefined)
  await expect(wait).rejects.toMatchObject({ message: 'cancelled', cause: 'why' })
  expect(subject.mayWait).toBeUndefined()
})

it('a wait of a task that was told to stop begins', async () => {
  const wait = waitWithin(subject, {}, AbortSignal.abort())
  subject.handler.done('item')
  await expect(wait).resolves.toBe('item')
})

it.each(['signal', 'task signal', 'timeout'])('a wait that ends by its %s rejects once it is refused', async (how) => {
  const controller = new AbortController()
  const { signal } = controller
  const wait = waitWithin(
    subject,
    how === 'timeout' ? { timeout: 1 } : how === 'signal' ? { signal } : {},
    how === 'task signal' ? signal : undefined,
  )
  controller.abort()
  while (subject.refused === undefined) await new Promise((resolve) => setImmediate(resolve))
  subject.refused()
  await expect(wait).rejects.toThrow(how === 'timeout' ? 'timed out after 1 ms' : 'cancelled')
})

it('a wait that ends while it is cancelled is not cancelled', async () => {
  const controller = new AbortController()
  const wait = waitWithin(subject, { signal: controller.signal }, undefined)
  controller.abort()
  expect(subject.refused).toBeDefined()
  subject.handler.done('item')
  await expect(wait).resolves.toBe('item')
})

it('a wait that ends at once is not cancelled later', async () => {
  subject.endAtOnce = (handler) => handler.done('item')
  const controller = new AbortController()
  const wait = waitWithin(subject, { signal: controller.signal, timeout: 1 }, undefined)
  controller.abort()
  await expect(wait).resolves.toBe('item')
  expect(subject.refused).toBeUndefined()
})
