import { Starts } from '../../src/cluster/starts'
import type { Call } from '../../src/dispatch/call'
import type { Pool } from '../../src/pools/pool'

const log: string[] = []
beforeEach(() => {
  log.length = 0
})

const pool = {
  dispatcher: { submit: ({ label }: Call) => log.push(`submit ${label}`) },
} as unknown as Pool
const callOf = (label: string): Call => ({ label, cancel: () => log.push(`cancel ${label}`) }) as unknown as Call
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('the pool gets the calls of one turn together, however many promises are between them', async () => {
  const starts = new Starts(pool)
  starts.push({ call: callOf('1'), isStopped: () => false })
  await Promise.resolve().then(() => undefined)
  starts.push({ call: callOf('2'), isStopped: () => false })
  expect(log).toEqual([])
  await turn()
  expect(log).toEqual(['submit 1', 'submit 2'])
  starts.push({ call: callOf('3'), isStopped: () => false })
  await turn()
  expect(log).toEqual(['submit 1', 'submit 2', 'submit 3'])
})

test('a call that was stopped meanwhile is cancelled', async () => {
  const starts = new Starts(pool)
  starts.push({ call: callOf('1'), isStopped: () => true })
  await turn()
  expect(log).toEqual(['submit 1', 'cancel 1'])
})
