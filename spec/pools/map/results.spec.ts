import { ResultQueue, ResultReader } from '../../../src/pools/map/results'

function makeQueue(count: number): { queue: ResultQueue; reader: ResultReader } {
  const queue = new ResultQueue({ consumed: () => undefined, stop: () => undefined }, 0)
  for (let n = 0; n < count; n++) queue.add()
  return { queue, reader: new ResultReader(queue) }
}

const value = async (reader: ResultReader): Promise<unknown> => (await reader.next()).value

describe('the results of a map', () => {
  it('are settled in runs, each element once', async () => {
    const { queue, reader } = makeQueue(5)
    expect(queue.finish(1, 'early')).toBe(true)
    expect(queue.finishRun(0, ['a', 'b', 'c'])).toBe(2)
    expect([queue.finishRun(0, ['x']), queue.finish(2, 'x'), queue.failElement(0, 'x')]).toEqual([0, false, false])
    expect([await value(reader), await value(reader), await value(reader)]).toEqual(['a', 'early', 'c'])
    expect([queue.isOpen(2), queue.isOpen(3), queue.isOpen(5), queue.size]).toEqual([false, true, false, 2])
  })

  it('that were delivered are not settled again', async () => {
    const { queue, reader } = makeQueue(20)
    queue.finishRun(0, ['a', 'b'])
    expect([await value(reader), await value(reader)]).toEqual(['a', 'b'])
    for (let n = 0; n < 2; n++) queue.add() // takes the places of the two
    expect(queue.finishRun(0, ['x', 'x', 'c'])).toBe(1)
    expect(queue.isOpen(20)).toBe(true)
    expect(await value(reader)).toBe('c')
  })

  it('go to those that wait, in order, with the errors in their places', async () => {
    const { queue, reader } = makeQueue(3)
    const steps = [reader.next(), reader.next(), reader.next(), reader.next()]
    queue.failElement(1, new RangeError('one'))
    queue.finishRun(0, [0])
    queue.finishRun(2, [undefined])
    queue.end()
    const settled = await Promise.allSettled(steps)
    expect(settled.map((each) => (each.status === 'fulfilled' ? each.value : (each.reason as Error).message))).toEqual([
      { done: false, value: 0 },
      'one',
      { done: false, value: undefined },
      { done: true, value: undefined },
    ])
  })

  it('keep their order while the queue grows and is read', async () => {
    const { queue, reader } = makeQueue(0)
    let added = 0
    let read = 0
    for (const step of [10, 40, 3, 200]) {
      for (let n = 0; n < step; n++) queue.add()
      queue.finishRun(
        added,
        Array.from({ length: step }, (_, n) => added + n),
      )
      added += step
      while (queue.size > 2) expect(await value(reader)).toBe(read++)
    }
    expect(read).toBe(added - 2)
  })

  it('that come after the reader has left are counted and dropped', async () => {
    const { queue, reader } = makeQueue(3)
    queue.finish(0, 'a')
    await reader.return()
    expect([queue.finish(0, 'x'), queue.finishRun(1, ['b']), queue.failElement(2, 'c')]).toEqual([false, 1, true])
    expect(await reader.next()).toEqual({ done: true, value: undefined })
  })
})
