import { Leases, MARGIN } from '../../src/cluster/lease'
import { monotonic } from '../../src/utils/clock'
import { FakeClock } from '../support/clock'

let clock: FakeClock
let lost: string[]
let leases: Leases
beforeEach(() => {
  clock = new FakeClock()
  lost = []
  leases = new Leases(15_000, (id) => lost.push(id))
})

test('a lease that is not renewed is lost before it runs out, counted from when the renewal was sent', async () => {
  leases.renewed('a', monotonic() - 1_000)
  await clock.pass(15_000 - MARGIN - 1_001)
  expect(lost).toEqual([])
  await clock.pass(1)
  expect(lost).toEqual(['a'])
  expect(leases.has('a')).toBe(false)
})

test('a renewed lease holds, and those of others are still watched', async () => {
  leases.renewed('a', monotonic())
  leases.renewed('b', monotonic())
  await clock.pass(10_000)
  leases.renewed('b', monotonic())
  await clock.pass(10_000)
  expect(lost).toEqual(['a'])
  await clock.pass(10_000)
  expect(lost).toEqual(['a', 'b'])
})

test('a lease that ends before the others is watched from then on', async () => {
  leases.renewed('a', monotonic())
  leases.renewed('b', monotonic() - 12_000)
  await clock.pass(1_000)
  expect(lost).toEqual(['b'])
})

test('a renewal that is answered after a later one shortens nothing', async () => {
  leases.renewed('a', monotonic())
  leases.renewed('a', monotonic() - 10_000)
  await clock.pass(15_000 - MARGIN - 1)
  expect(lost).toEqual([])
})

test('a body that has ended loses nothing, and leaves no timer', async () => {
  leases.renewed('a', monotonic())
  leases.ended('a')
  expect(clock.timers).toEqual([])
  leases.giveUp('a')
  await clock.pass(60_000)
  expect(lost).toEqual([])
})

test('a lease that the engine refused is lost at once, and once', async () => {
  leases.renewed('a', monotonic())
  leases.giveUp('a')
  leases.giveUp('a')
  await clock.pass(60_000)
  expect(lost).toEqual(['a'])
})

test('a machine that was suspended gives up its leases at its first tick', async () => {
  leases.renewed('a', monotonic())
  await clock.block(3_600_000)
  expect(lost).toEqual(['a'])
})

test('its timer does not keep the program alive', () => {
  leases.renewed('a', monotonic())
  expect(clock.held).toBe(0)
})
