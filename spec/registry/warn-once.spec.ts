import type * as Module from '../../src/registry/warn-once'
import { warnOnce } from '../../src/registry/warn-once'

const emit = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined)

test('warns once of each thing, also from another copy of the library', () => {
  const warning = { type: 'PebbleWorkerWarning', code: 'PEBBLE_X', detail: 'why' }
  warnOnce('a', 'first', warning)
  warnOnce('a', 'again', warning)
  jest.isolateModules(() => {
    const copy = jest.requireActual<typeof Module>('../../src/registry/warn-once')
    copy.warnOnce('a', 'from a copy', warning)
    copy.warnOnce('b', 'second', { type: 'PebbleClusterWarning' })
  })
  expect(emit.mock.calls).toEqual([
    ['first', warning],
    ['second', { type: 'PebbleClusterWarning' }],
  ])
})
