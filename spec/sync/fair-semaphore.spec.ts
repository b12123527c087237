import { FairSemaphore, type Waiter } from '../../src/sync/fair-semaphore'
import { until } from '../support/until'

let idle: number
const create = (permits = 1): FairSemaphore => new FairSemaphore(permits, () => (idle += 1))

/** Lets waiters be admitted: a semaphore may pause for a turn of the event loop. */
async function turn(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve))
}

beforeEach(() => (idle = 0))

describe('a semaphore', () => {
  it('admits a waiter, but never before enter() has returned', async () => {
    const semaphore = create()
    let entered = false
    semaphore.enter(() => (entered = true))
    expect(entered).toBe(false)
    expect(semaphore.full).toBe(true)
    await turn()
    expect(entered).toBe(true)
  })

  it('admits one waiter after the other, first come, first served', async () => {
    const semaphore = create()
    const order: number[] = []
    for (let i = 0; i < 100; i++) {
      const waiter = semaphore.enter(() => {
        order.push(i)
        setImmediate(() => waiter.leave())
      })
    }
    expect(semaphore.waiting).toBe(100)
    while (idle === 0) await turn()
    expect(order).toEqual(Array.from({ length: 100 }, (_, i) => i))
  })

  it('admits as many waiters as it has permits', async () => {
    const semaphore = create(3)
    let inside = 0
    const waiters = Array.from({ length: 5 }, () => semaphore.enter(() => (inside += 1)))
    await turn()
    expect([inside, semaphore.waiting, semaphore.full]).toEqual([3, 2, true])
    waiters[0]?.leave()
    waiters[1]?.leave()
    waiters[2]?.leave()
    await turn()
    expect([inside, semaphore.waiting, semaphore.full]).toEqual([5, 0, false])
  })

  it('drops a waiter that leaves the line, wherever it is', async () => {
    const semaphore = create()
    const entered: string[] = []
    const enter = (name: string): Waiter => semaphore.enter(() => entered.push(name))
    const [inside, first, , middle, , last] = ['inside', 'first', 'second', 'middle', 'fourth', 'last'].map(enter)
    await turn()
    for (const one of [first, middle, last]) one?.leave()
    expect(semaphore.waiting).toBe(2)
    inside?.leave()
    await turn()
    expect(entered).toEqual(['inside', 'second'])
  })

  it('is idle when the last waiter has left, from the line or from inside', async () => {
    const semaphore = create()
    const inside = semaphore.enter(() => undefined)
    await turn()
    const waiting = semaphore.enter(() => undefined)
    waiting.leave()
    await turn()
    expect(idle).toBe(0)
    inside.leave()
    await turn()
    expect(idle).toBe(1)
    expect(semaphore.full).toBe(false)
  })

  it('admits a new waiter if all others leave in the same turn', async () => {
    const semaphore = create()
    const inside = semaphore.enter(() => undefined)
    await turn()
    const entered: string[] = []
    const leaving = semaphore.enter(() => entered.push('leaving'))
    await turn()
    leaving.leave()
    semaphore.enter(() => entered.push('next'))
    inside.leave()
    await turn()
    expect(entered).toEqual(['next'])
  })

  it('gives the permit of a waiter that leaves before it is admitted to the next', async () => {
    const semaphore = create()
    const entered: string[] = []
    semaphore.enter(() => entered.push('leaving')).leave()
    const next = semaphore.enter(() => entered.push('next'))
    await turn()
    expect(entered).toEqual(['next'])
    next.leave()
    next.leave()
    await turn()
    expect([idle, semaphore.full]).toEqual([1, false])
  })

  it('admits as many as it has permits, even after some have left', async () => {
    const semaphore = create(3)
    const inside = new Set<number>()
    const waiters = [0, 1, 2, 3, 4].map((number) => semaphore.enter(() => inside.add(number)))
    await until(() => inside.size === 3, 'three to be inside')
    expect([...inside]).toEqual([0, 1, 2])
    waiters[1]?.leave()
    waiters[0]?.leave()
    await until(() => inside.size === 5, 'the others to be inside')
    expect([...inside]).toEqual([0, 1, 2, 3, 4])
    expect(semaphore.full).toBe(true)
    for (const waiter of waiters) waiter.leave()
    expect(semaphore.full).toBe(false)
    const again = [0, 1, 2, 3].map((number) => semaphore.enter(() => inside.add(10 + number)))
    await until(() => inside.size === 8, 'three to be inside again')
    expect([...inside]).toEqual([0, 1, 2, 3, 4, 10, 11, 12])
    for (const waiter of again.reverse()) waiter.leave()
  })
})
