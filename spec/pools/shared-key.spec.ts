import { pools, ProcessPool, type ProcessContext } from 'pebble-ts'
import { sharedKey, sharedPool } from '../../src/pools/registry'
import * as tasks from '../fixtures/pools/tasks'
import '../support/setup'
import { settled } from '../support/until'

const key = (context: ProcessContext): string => sharedKey('process', context)

describe('process contexts', () => {
  test.each<[string, ProcessContext, ProcessContext]>([
    ['without and with empty options', {}, {}],
    ['in another order', { cwd: '/', env: { A: '1', B: '2' } }, { env: { B: '2', A: '1' }, cwd: '/' }],
    [
      'with limits in another order',
      { resourceLimits: { stackSizeMb: 1, maxOldGenerationSizeMb: 2 } },
      { resourceLimits: { maxOldGenerationSizeMb: 2, stackSizeMb: 1 } },
    ],
    [
      'that remove the same variables',
      { env: { A: undefined, B: undefined } },
      { env: { B: undefined, A: undefined } },
    ],
  ])('share a pool if they are equal: %s', (_what, one, other) => {
    expect(key(one)).toBe(key(other))
    expect(sharedPool('process', one)).toBe(sharedPool('process', other))
  })

  test.each<[string, ProcessContext, ProcessContext]>([
    ['one removes a variable', { env: { A: undefined } }, { env: {} }],
    ['each removes another variable', { env: { A: undefined } }, { env: { B: undefined } }],
    ['one sets what the other removes', { env: { A: 'undefined' } }, { env: { A: undefined } }],
    ['one sets null', { env: { A: null as never } }, { env: { A: 'null' } }],
    ['a limit is removed', { resourceLimits: { stackSizeMb: undefined as never } }, { resourceLimits: {} }],
    ['options of Node stand in another order', { execArgv: ['-r', 'a'] }, { execArgv: ['a', '-r'] }],
    ['options of Node are joined', { execArgv: ['a,b'] }, { execArgv: ['a', 'b'] }],
    ['a name holds the end of another', { env: { 'A":"1","B': '2' } }, { env: { A: '1', B: '2' } }],
  ])('do not share a pool if they differ: %s', (_what, one, other) => {
    expect(key(one)).not.toBe(key(other))
    expect(sharedPool('process', one)).not.toBe(sharedPool('process', other))
  })

  test('never make threads and processes share a pool', () => {
    expect(sharedKey('thread', undefined)).not.toBe(sharedKey('process', undefined))
    expect(sharedKey('process', {})).not.toBe(sharedKey('process', undefined))
  })
})

test('workers that start later see the context as it was when the pool was made', async () => {
  const env: Record<string, string> = { PEBBLE_SPEC: 'before' }
  const pool = new ProcessPool({ maxWorkers: 1, context: { env } })
  pools.register('snapshot', pool)
  env['PEBBLE_SPEC'] = 'after'
  expect((await settled(pool.schedule(tasks.environment, { args: ['PEBBLE_SPEC'] }))).value).toBe('before')
})
