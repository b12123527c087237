import { pathToFileURL } from 'node:url'
import { monotonic } from '../../src/utils/clock'
import { loadModule, whenUsable } from '../../src/worker/modules'
import * as timers from '../../src/utils/after'

jest.mock('../../src/utils/after')

afterEach(() => jest.restoreAllMocks())

test('the check after the grace period does not come too early: it would not be made again', async () => {
  const timer = { unref: () => timer }
  const after = jest.spyOn(timers, 'after').mockReturnValue(timer)
  const load = loadModule({ url: pathToFileURL('/no/such/module.cjs').href, format: 'cjs' }, 'this spec')
  const started = monotonic()
  const usable = whenUsable(load, () => true)
  const most = 1500 + (monotonic() - started)
  const [grace, limit] = after.mock.calls.map(([ms]) => ms) as [number, number]
  // Node.js cuts off fractions of the duration, and of the time at which the timer starts: up to 1 ms each.
  for (const ms of [grace, limit]) expect(Number.isInteger(ms)).toBe(true)
  expect(grace - 1).toBeGreaterThanOrEqual(1500 - (monotonic() - started) - 20)
  expect(grace).toBeLessThanOrEqual(most + 2)
  expect(limit).toBeGreaterThan(59_000)
  await usable
})
