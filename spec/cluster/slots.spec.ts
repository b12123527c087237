import { JobSlots, Slots } from '../../src/cluster/slots'

const settledNow = async <T>(promise: Promise<T>): Promise<T | 'pending'> =>
  await Promise.race([promise, new Promise<'pending'>((resolve) => setImmediate(resolve, 'pending'))])

describe('slots', () => {
  it('are given to those that wait, in order', async () => {
    const slots = new Slots(1)
    expect([slots.tryTake(), slots.tryTake()]).toEqual([true, false])
    const [first, second] = [slots.take(), slots.take()]
    expect(await settledNow(first)).toBe('pending')
    slots.release()
    expect([await first, await settledNow(second), slots.tryTake()]).toEqual([true, 'pending', false])
    slots.release()
    expect(await second).toBe(true)
    slots.release()
    expect(slots.tryTake()).toBe(true)
  })

  it('are given to nobody once they are closed', async () => {
    const slots = new Slots(1)
    slots.tryTake()
    const waiting = slots.take()
    slots.close()
    slots.release()
    expect([await waiting, await slots.take(), slots.tryTake()]).toEqual([false, false, false])
  })
})

describe('the slots of a queue', () => {
  let shared: Slots
  let slots: JobSlots
  beforeEach(() => {
    shared = new Slots(1)
    slots = new JobSlots(shared)
  })
  const isFree = (): boolean => {
    const taken = shared.tryTake()
    if (taken) shared.release()
    return taken
  }

  it('belong to the job that was picked up, until its body is over', async () => {
    expect([slots.tryTake('t'), slots.tryTake('t'), slots.tryTake('other')]).toEqual([true, true, false])
    const job = {}
    expect(await slots.during('t', async () => job)).toBe(job)
    expect(isFree()).toBe(false)
    slots.release(job)
    slots.release(job)
    expect([isFree(), shared.tryTake(), shared.tryTake()]).toEqual([true, true, false])
  })

  it('are given back if there is no job, or the request fails', async () => {
    slots.tryTake('t')
    await slots.during('t', async () => undefined)
    expect(isFree()).toBe(true)
    slots.tryTake('t')
    await expect(slots.during('t', () => Promise.reject(new Error('lost')))).rejects.toThrow('lost')
    expect(isFree()).toBe(true)
  })

  it('belong to one job if the pick-up is part of another request', async () => {
    slots.tryTake('t')
    const next = {}
    await slots.during('t', () => slots.during('t', async () => next))
    expect(isFree()).toBe(false)
    slots.release(next)
    expect(isFree()).toBe(true)
  })

  it('are no limit if the queue is the only one', async () => {
    const alone = new JobSlots(undefined)
    expect([alone.tryTake('a'), alone.tryTake('b'), await alone.take('c')]).toEqual([true, true, true])
    const job = {}
    expect(await alone.during('a', async () => job)).toBe(job)
    alone.release(job)
  })
})
