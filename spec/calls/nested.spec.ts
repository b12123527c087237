import { currentTask, futureOf, isWorker } from 'pebble-ts'
import { outer } from '../fixtures/nested'
import { forEachKind } from '../support/setup'
import { failure, settled } from '../support/until'

forEachKind('a decorated call inside a body', (kind) => {
  const job = outer[kind]

  test('runs in the same worker, as the same task', async () => {
    const future = futureOf(job.places())
    const [own, inThread, inProcess] = await settled(future)
    expect(own).toMatchObject({ isWorker: true, isMainThread: kind === 'process', task: future.id })
    expect(own?.pid === process.pid).toBe(kind === 'thread')
    expect(inThread).toEqual(own)
    expect(inProcess).toEqual(own)
  })

  test('returns a future', async () => {
    expect(await settled(job.future())).toEqual({ result: 42, called: true, done: true, number: expect.any(Number) })
  })

  test('fails with the same error object, and can stream', async () => {
    const error = await failure(job.failing())
    expect(error).toBeInstanceOf(RangeError)
    expect(error.message).toBe('from the inner body')
    expect(await settled(job.stream())).toEqual([1, 2])
  })

  test('that calls itself without end fails with a sentence that says so', async () => {
    const error = await failure(job.recursive(1e9))
    expect(error).toBeInstanceOf(RangeError)
    expect(error.message).toMatch(/exhausted the stack: .* runs inline\. Does it call itself without end\?$/)
  })

  test('can recurse and fan out without waiting for a worker', async () => {
    expect(await settled(job.recursive(50))).toBe(50)
    expect(await settled(job.parallel(20))).toEqual(Array.from({ length: 20 }, (_, n) => 2 * n))
  })
})

describe('outside workers', () => {
  test('isWorker() is false', () => expect(isWorker()).toBe(false))

  test('there is no current task', () => {
    expect(() => currentTask()).toThrow('currentTask() is only available while the body')
  })
})
