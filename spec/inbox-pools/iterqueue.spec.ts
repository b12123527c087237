import { Queue } from 'pebble-ts'
import { iterqueue } from 'pebble-ts/workers'
import { harvest } from './kit'

describe('iterqueue()', () => {
  it('takes the items in the queue', async () => {
    const queue = new Queue<number>()
    for (let i = 0; i < 100; i++) queue.putNowait(1)
    const items = await harvest(queue)
    expect(items.reduce((sum, item) => sum + item)).toBe(100)
    expect(queue.empty).toBe(true)
  })

  it('ends with the last item that was in the queue at the call', async () => {
    const queue = new Queue<number>()
    for (let i = 0; i < 3; i++) queue.putNowait(i)
    const items: number[] = []
    for await (const item of iterqueue(queue)) {
      items.push(item)
      queue.putNowait(item + 10)
    }
    expect(items).toEqual([0, 1, 2])
    expect(queue.size).toBe(3)
  })

  it('takes no more items than the loop, and shares the queue with other consumers', async () => {
    const queue = new Queue<number>()
    for (let i = 0; i < 5; i++) queue.putNowait(i)
    for await (const item of iterqueue(queue)) if (item === 1) break
    expect(queue.size).toBe(3)
    const items: number[] = []
    for await (const item of iterqueue(queue)) {
      items.push(item)
      if (!queue.empty) queue.getNowait()
    }
    expect(items).toEqual([2, 4])
  })
})
