import { Throttle } from '../../src/cluster/throttle'
import { monotonic } from '../../src/utils/clock'
import { FakeClock } from '../support/clock'

test('the first value at once, then the latest one each 100 ms, and nothing after the end', async () => {
  const clock = new FakeClock()
  const passed: Array<readonly [value: number, at: number]> = []
  const started = monotonic()
  const throttle = new Throttle<number>((value) => passed.push([value, monotonic() - started]))
  for (let ms = 0; ms <= 350; ms++) {
    throttle.push(ms)
    await clock.pass(1)
  }
  expect(passed.map(([, at]) => at)).toEqual([0, 100, 200, 300])
  expect(passed.map(([value, at]) => at - value)).toEqual([0, 1, 1, 1])
  await clock.pass(1_000)
  expect(passed.at(-1)).toEqual([350, 400])
  throttle.push(7)
  throttle.push(8)
  throttle.stop()
  await clock.pass(1_000)
  expect(passed.at(-1)?.[0]).toBe(7)
  expect(clock.timers).toEqual([])
})
