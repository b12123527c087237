import { pools, ProcessPool } from 'pebble-ts'
import * as tasks from '../fixtures/pools/tasks'
import '../support/setup'
import { settled } from '../support/until'

test('workers that start later see the context as it was when the pool was made', async () => {
  const env: Record<string, string> = { PEBBLE_SPEC: 'before' }
  const pool = new ProcessPool({ maxWorkers: 1, context: { env } })
  pools.register('snapshot', pool)
  env['PEBBLE_SPEC'] = 'after'
  expect((await settled(pool.schedule(tasks.environment, { args: ['PEBBLE_SPEC'] }))).value).toBe('before')
})
