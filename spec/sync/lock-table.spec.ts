import { LockError } from '../../src/errors'
import { locksInUse, semaphoreOf } from '../../src/sync/lock-table'
import { until } from '../support/until'

it('a lock that has another number of permits elsewhere in the program is refused while it is in use', async () => {
  const lock = { key: 'one', permits: 3, label: 'the Semaphore of pool.ts:3:14' }
  const waiter = semaphoreOf(lock).enter(() => undefined)
  expect(() => semaphoreOf({ ...lock, permits: 2 })).toThrow(
    new LockError(
      'Expected the Semaphore of pool.ts:3:14 to have 3 permits, as it has elsewhere in the program, got 2: ' +
        'a module that is evaluated in a worker must make the same locks there.',
    ),
  )
  waiter.leave()
  await until(() => locksInUse() === 0, 'the lock to be dropped')
  expect(semaphoreOf({ ...lock, permits: 2 }).permits).toBe(2)
})
