import { LockError } from '../../src/errors'
import { FairSemaphore, type Waiter } from '../../src/sync/fair-semaphore'
import { semaphoreOf } from '../../src/sync/lock-table'

let idle: number
const open = (permits = 1): FairSemaphore => new FairSemaphore(permits, () => (idle += 1))

/** All that is under way: a door may pause for a turn of the event loop. */
async function turn(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve))
}

beforeEach(() => (idle = 0))

describe('a door', () => {
  it('lets in who comes, but never before they know', async () => {
    const door = open()
    let entered = false
    door.enter(() => (entered = true))
    expect(entered).toBe(false)
    expect(door.full).toBe(true)
    await turn()
    expect(entered).toBe(true)
  })

  it('lets in one after the other, first come first served', async () => {
    const door = open()
    const order: number[] = []
    const visits: Waiter[] = []
    for (let i = 0; i < 100; i++) {
      const visit = door.enter(() => {
        order.push(i)
        setImmediate(() => visit.leave())
      })
      visits.push(visit)
    }
    expect(door.waiting).toBe(100)
    while (idle === 0) await turn()
    expect(order).toEqual(Array.from({ length: 100 }, (_, i) => i))
    expect(visits.some((visit) => visit.isInside)).toBe(false)
  })

  it('lets in as many as it has permits', async () => {
    const door = open(3)
    let inside = 0
    const visits = Array.from({ length: 5 }, () => door.enter(() => (inside += 1)))
    await turn()
    expect([inside, door.waiting, door.full]).toEqual([3, 2, true])
    visits[0]?.leave()
    visits[1]?.leave()
    visits[2]?.leave()
    await turn()
    expect([inside, door.waiting, door.full]).toEqual([5, 0, false])
  })

  it('forgets who leaves the line, wherever they stand in it', async () => {
    const door = open()
    const entered: string[] = []
    const visit = (name: string): Waiter => door.enter(() => entered.push(name))
    const [inside, first, , middle, , last] = ['inside', 'first', 'second', 'middle', 'fourth', 'last'].map(visit)
    await turn()
    for (const one of [first, middle, last]) one?.leave()
    expect(door.waiting).toBe(2)
    inside?.leave()
    await turn()
    expect(entered).toEqual(['inside', 'second'])
  })

  it('is idle once the last has left, from the line or from inside', async () => {
    const door = open()
    const inside = door.enter(() => undefined)
    await turn()
    const waiting = door.enter(() => undefined)
    waiting.leave()
    await turn()
    expect(idle).toBe(0)
    inside.leave()
    await turn()
    expect(idle).toBe(1)
    expect(door.full).toBe(false)
  })

  it('stays open where everybody leaves and others come in one turn', async () => {
    const door = open()
    const inside = door.enter(() => undefined)
    await turn()
    const entered: string[] = []
    const gone = door.enter(() => entered.push('gone'))
    await turn()
    gone.leave()
    door.enter(() => entered.push('next'))
    inside.leave()
    await turn()
    expect(entered).toEqual(['next'])
  })

  it('takes back what was on its way to one who leaves', async () => {
    const door = open()
    const entered: string[] = []
    door.enter(() => entered.push('gone')).leave()
    const next = door.enter(() => entered.push('next'))
    await turn()
    expect(entered).toEqual(['next'])
    next.leave()
    next.leave()
    await turn()
    expect([idle, door.full]).toEqual([1, false])
  })
})

it('a lock that has other permits elsewhere in the program is refused while it is in use', async () => {
  const lock = { key: 'one', permits: 3, label: 'the Semaphore of pool.ts:3:14' }
  const visit = semaphoreOf(lock).enter(() => undefined)
  expect(() => semaphoreOf({ ...lock, permits: 2 })).toThrow(
    new LockError(
      'Expected the Semaphore of pool.ts:3:14 to have 3 permits, as it has elsewhere in the program, got 2: ' +
        'a module that is evaluated in a worker must make the same locks there.',
    ),
  )
  visit.leave()
  await turn()
  expect(semaphoreOf({ ...lock, permits: 2 }).permits).toBe(2)
})
