/** Pick-ups whose answers are lost, and what is given back of them. */
import type { Job } from '../../src/cluster/bullmq'
import { PickUps } from '../../src/cluster/pick-ups'
import { until } from '../support/until'

const cut = (): Error => new Error('Connection is closed.')
const job = (id: string, token: string): Job => ({ id, token }) as Job

let locks: Map<string, string>
let returned: string[]
let asked: number
let failing: boolean
let pickUps: PickUps

/** @param lease in ms */
function opened(lease: number): PickUps {
  return new PickUps(lease, {
    active: async () => {
      asked += 1
      if (failing) throw cut()
      return [...locks.keys()]
    },
    locked: async (ids, token) => ids.filter((id) => locks.get(id) === token),
    giveBack: async (id, token) => {
      expect(locks.get(id)).toBe(token)
      locks.delete(id)
      returned.push(id)
    },
  })
}

beforeEach(() => {
  locks = new Map()
  returned = []
  asked = 0
  failing = false
  pickUps = opened(5000)
})
afterEach(() => pickUps.close())

const looked = (times = 1): Promise<void> => until(() => asked >= times, 'a look')

test('a job whose pick-up failed with the connection is given back', async () => {
  locks.set('a', 'mine').set('b', 'of another')
  await expect(pickUps.ask('mine', () => Promise.reject(cut()))).rejects.toThrow('closed')
  expect(pickUps.isInDoubt('mine')).toBe(true)
  await until(() => returned.length > 0, 'a job to be given back')
  expect(returned).toEqual(['a'])
})

test('a request that is sent again after the connection was lost names another job: the first one is given back', async () => {
  locks.set('first', 'mine').set('second', 'mine')
  const second = job('second', 'mine')
  const answer = pickUps.ask('mine', async () => {
    pickUps.connectionLost()
    return second
  })
  expect(await answer).toBe(second)
  await until(() => returned.length > 0, 'a job to be given back')
  await looked(3)
  expect(returned).toEqual(['first'])
})

test('the job that is in the hands of the worker while its end is asked for again is not given back', async () => {
  locks.set('a', 'mine')
  await pickUps.run(job('a', 'mine'), async () => {
    await expect(pickUps.ask('mine', () => Promise.reject(cut()))).rejects.toThrow('closed')
    await looked()
  })
  expect(returned).toEqual([])
})

test('nothing is given back as long as an answer may come', async () => {
  locks.set('a', 'mine')
  let answer: (found: Job) => void = () => undefined
  const request = pickUps.ask('mine', () => new Promise<Job>((resolve) => (answer = resolve)))
  pickUps.connectionLost()
  await expect(pickUps.ask('other', () => Promise.reject(cut()))).rejects.toThrow('closed')
  await looked(2)
  expect(returned).toEqual([])
  answer(job('a', 'mine'))
  await request
  await looked(4)
  expect(returned).toEqual([])
})

test('an engine that does not answer is asked again, until a lease is over', async () => {
  pickUps = opened(2500)
  failing = true
  locks.set('a', 'mine')
  await expect(pickUps.ask('mine', () => Promise.reject(cut()))).rejects.toThrow('closed')
  await looked(2)
  failing = false
  await until(() => returned.length > 0, 'a job to be given back')
  await until(() => !pickUps.isInDoubt('mine'), 'the doubt to end')
  locks.set('b', 'mine')
  await expect(pickUps.ask('other', () => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug')
  expect([returned, pickUps.isInDoubt('other')]).toEqual([['a'], false])
})
