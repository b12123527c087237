import { after, clearAfter } from '../../src/utils/after'
import { FakeClock } from '../support/clock'
import { warnings } from '../support/warnings'

const LONGEST = 2 ** 31 - 1
const MONTH = 30 * 24 * 60 * 60 * 1000

let clock: FakeClock
let fired: number
const fire = (): void => void (fired += 1)

beforeEach(() => {
  clock = new FakeClock()
  fired = 0
})

test.each([1, 20, LONGEST, LONGEST + 1, MONTH, 5 * LONGEST])('a timer of %d ms fires once, on time', async (ms) => {
  after(ms, fire)
  await clock.pass(ms - 1)
  expect([fired, clock.timers.length]).toEqual([0, 1])
  await clock.pass(1)
  expect([fired, clock.timers]).toEqual([1, []])
})

test('an infinite timer never fires, and does not keep the program alive', async () => {
  const timer = after(Infinity, fire).unref()
  expect(clock.timers).toEqual([])
  await clock.pass(MONTH)
  clearAfter(timer)
  expect(fired).toBe(0)
})

test.each([20, MONTH, Infinity])('a timer of %d ms can be cleared', async (ms) => {
  clearAfter(after(ms, fire))
  expect(clock.timers).toEqual([])
  await clock.pass(2 * MONTH)
  expect(fired).toBe(0)
})

test('a long timer can be cleared between two of its parts', async () => {
  const timer = after(MONTH, fire)
  await clock.pass(LONGEST + 1)
  expect(clock.timers).toHaveLength(1)
  clearAfter(timer)
  expect(clock.timers).toEqual([])
})

test.each([20, MONTH])('a timer of %d ms keeps the program alive until unref() is called', async (ms) => {
  const timer = after(ms, fire)
  expect(clock.held).toBe(1)
  timer.unref()
  expect(clock.held).toBe(0)
  await clock.pass(ms - 1)
  expect([clock.timers.length, clock.held]).toEqual([1, 0])
  clearAfter(timer)
})

test('clearing no timer does nothing', () => {
  expect(() => clearAfter(undefined)).not.toThrow()
})

test.each([20, MONTH])('an error in a timer of %d ms becomes a warning, not an uncaught exception', async (ms) => {
  const heard = warnings()
  after(ms, () => {
    throw new RangeError('in a timer')
  })
  await clock.pass(ms)
  expect(heard).toMatchObject([{ type: 'PebbleWarning', detail: expect.stringContaining('in a timer') as string }])
})
