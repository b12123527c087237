import * as timers from 'node:timers'
import type * as Clock from '../../src/utils/clock'

/** The module, loaded while `fake` replaces `setTimeout`. */
function loadedUnder(fake: unknown): typeof Clock {
  let clock: typeof Clock | undefined
  const { setTimeout } = timers
  Object.assign(jest.requireActual<object>('node:timers'), { setTimeout: fake })
  jest.isolateModules(() => (clock = jest.requireActual<typeof Clock>('../../src/utils/clock')))
  Object.assign(jest.requireActual<object>('node:timers'), { setTimeout })
  return clock as typeof Clock
}

test('the functions are those of Node.js, even if they are replaced later', () => {
  const { setTimeout } = timers
  expect(loadedUnder(setTimeout).setTimeout).toBe(setTimeout)
})

test('the functions of Node.js are found behind a fake of @sinonjs/fake-timers, which keeps them', () => {
  const original = (): string => 'the original'
  const fake = Object.assign(() => 'a fake', { clock: { _setTimeout: original } })
  expect(loadedUnder(fake).setTimeout).toBe(original)
})

test('a fake that does not keep the original is not called any more once it is removed', () => {
  const clock = loadedUnder(() => 'a fake')
  const before = clock.setTimeout(() => undefined, 0)
  clearTimeout(before)
  expect(before).not.toBe('a fake')
})
