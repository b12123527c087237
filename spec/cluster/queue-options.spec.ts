import { QueueKeys } from 'bullmq'
import { queuePoolRules, queueRule, RESERVED_IDS, splitOptions } from '../../src/cluster/queue-options'
import { QueueWorker } from '../../src/cluster/queue-worker'
import { checkOption, checkOptions } from '../../src/utils/options'

const check = (options: object) => checkOptions('new QueuePool()', options as never, queuePoolRules)

test('the options of the queue are taken out of those of a call', () => {
  expect(splitOptions({ id: 'a', delay: 5, retries: 1, args: [1], timeout: 9 })).toEqual([
    { args: [1], timeout: 9, retries: 1 },
    { id: 'a', delay: 5 },
  ])
  expect(splitOptions(undefined)).toEqual([undefined, {}])
})

test.each(['a', 'invoice-42', '4.2', '007', 'ü', 'Failed', '1e3'])('%j is an id', (id) => {
  expect(splitOptions({ id })[1].id).toBe(id)
})
test.each(['', 'a:b', '42', '-7', 'NaN', 'wait', 'failed', 'events', 7, null])('%j is no id', (id) => {
  expect(() => splitOptions({ id: id as never })).toThrow(/Expected `id`/)
})

test.each(['a', 'a b', 'a/b', 'ü', '😀', '{x}', 'wait', 'meta', '__proto__'])('%j is the name of a queue', (name) => {
  expect(() => checkOption('queue', name, queueRule)).not.toThrow()
})
test.each(['', 'a:b', 'a\u0000b', 'a\nb', 7, null, undefined])('%j is no name of a queue', (name) => {
  expect(() => checkOption('queue', name, queueRule)).toThrow(
    /Expected `queue` to be a non-empty string without colons/,
  )
})
test.each<[unknown]>([[[]], [['a', 'a']], [['a', 'b:c']], [7]])('%j are no names of queues', (names) => {
  expect(() => new QueueWorker(names as never, { connection: 'redis://x', modules: ['x'] })).toThrow(/Expected `queue`/)
})

test('no id is a key of BullMQ', () => {
  const keys = Object.keys(new QueueKeys().getKeys('queue')).filter(Boolean)
  expect([...RESERVED_IDS].sort()).toEqual(keys.sort())
})

test.each([{ delay: -1 }, { delay: 'soon' }, { delay: NaN }, { delay: Infinity }, { delay: 1e12 }])(
  '%j of a call is refused',
  (options) => {
    expect(() => splitOptions(options as never)).toThrow()
  },
)

test.each([
  { connection: '' },
  { connection: 7 },
  { connection: 'redis://x', secret: '' },
  { connection: 'redis://x', code: 'similar' },
  { connection: 'redis://x', lease: 4_999 },
  { connection: 'redis://x', whenFull: 'drop' },
  { connection: 'redis://x', leese: 5_000 },
])('%j of a pool is refused', (options) => {
  expect(() => check(options)).toThrow()
})
