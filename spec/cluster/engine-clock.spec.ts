import { EngineClock } from '../../src/cluster/engine-clock'
import * as clock from '../../src/utils/clock'
import { FakeClock } from '../support/clock'

const AHEAD = 90_000
let fake: FakeClock
let asked: number
let slow: number
const warn = jest.fn()
beforeEach(() => {
  jest.spyOn(process, 'emitWarning').mockImplementation(warn)
  fake = new FakeClock()
  ;[asked, slow] = [0, 0]
  jest.spyOn(clock, 'dateNow').mockImplementation(() => 1_000_000 + clock.monotonic())
})
const engine = new EngineClock(async () => {
  asked += 1
  const time = clock.dateNow() + AHEAD
  await fake.pass(slow)
  return time
})

test('it is the time of the engine, once the difference is known', async () => {
  expect(new EngineClock(() => new Promise(() => undefined)).now()).toBe(clock.dateNow())
  await engine.known()
  expect([engine.now() - clock.dateNow(), engine.offset]).toEqual([AHEAD, AHEAD])
})

test('the difference is measured again each minute, when the time is asked for', async () => {
  asked = 0
  engine.now()
  await fake.pass(30_000)
  expect(asked).toBe(0)
  await fake.pass(31_000)
  engine.now()
  engine.now()
  for (let turns = 0; turns < 3; turns++) await fake.pass(0)
  expect(asked).toBe(3)
})

test('a slow answer tells the time less exactly than a quick one', async () => {
  const times = [400, 4, 800]
  const other = new EngineClock(async () => {
    await fake.pass(times.shift() as number)
    return clock.dateNow() + AHEAD
  })
  await other.known()
  expect(Math.abs(other.offset - AHEAD)).toBeLessThanOrEqual(5)
})

test('an answer that has waited for a busy thread makes no difference', async () => {
  const other = new EngineClock(async () => {
    const time = clock.dateNow()
    await fake.pass(200_000)
    return time
  })
  await other.known()
  expect(other.offset).toBe(0)
})

test('a difference of more than a second is a warning, once', () => {
  expect(warn).toHaveBeenCalledTimes(1)
  expect(warn).toHaveBeenCalledWith(
    'The clock of this machine is 90000 ms behind that of the queue. Delayed and repeated calls may start at the wrong time: synchronize the clocks (NTP).',
    { type: 'PebbleClusterWarning' },
  )
})

test('an engine that does not tell its time leaves it as it is', async () => {
  const other = new EngineClock(() => Promise.reject(new Error('NOPERM')))
  await other.known()
  expect(other.offset).toBe(0)
})

test('an engine that does not tell its time is asked again after a second, until it does', async () => {
  let fails = 2
  let questions = 0
  const other = new EngineClock(async () => {
    questions += 1
    if (fails-- > 0) throw new Error('the connection was cut')
    return clock.dateNow() + AHEAD
  })
  let isOver = false
  const known = other.whenKnown(() => isOver)
  await fake.pass(0)
  expect([other.isKnown, questions]).toEqual([false, 1])
  for (let n = 0; n < 9; n++) other.now()
  expect(questions).toBe(1)
  await fake.pass(1_010)
  expect([other.isKnown, questions]).toEqual([false, 2])
  await fake.pass(1_010)
  await known
  expect([other.isKnown, other.offset, questions]).toEqual([true, AHEAD, 5])
  fails = 1e9
  const silent = new EngineClock(() => Promise.reject(new Error('NOPERM')))
  const given = silent.whenKnown(() => isOver)
  isOver = true
  await fake.pass(1_010)
  await given
  expect(silent.isKnown).toBe(false)
})

test('the time is not known if no answer was quick: it could be wrong by more than a lease allows', async () => {
  const times = [4_000, 600, 700]
  const other = new EngineClock(async () => {
    await fake.pass(times.shift() ?? 0)
    return clock.dateNow() + AHEAD
  })
  expect(await other.known()).toBe(false)
  expect(await other.known()).toBe(false)
  await fake.pass(1_010)
  expect([await other.known(), other.offset]).toEqual([true, AHEAD])
})
