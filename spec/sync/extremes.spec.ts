/** Numbers at the ends of their ranges: each works, or is refused with an error that names the option. */
import { mapRules } from '../../src/pools/map/map-options'
import { FairSemaphore } from '../../src/sync/fair-semaphore'
import { Semaphore } from '../../src/sync/locks'
import { checkOptions } from '../../src/utils/options'
import { until } from '../support/until'

/** async-mutex loops over its free permits at each release: over so many of them for minutes. */
test('a semaphore of any size is acquired and released at once', async () => {
  const began = performance.now()
  const semaphore = new Semaphore(1e9)
  expect(await semaphore.runExclusive(() => 1)).toBe(1)
  expect(performance.now() - began).toBeLessThan(1000)
})

test.each([0, -1, 0.5, NaN, Infinity])('%d permits are refused', (permits) => {
  expect(() => new Semaphore(permits)).toThrow(/^Expected `permits` to be a positive integer, got/)
})

test('a door lets in as many as it has permits, also after some have left', async () => {
  const door = new FairSemaphore(3, () => undefined)
  const inside = new Set<number>()
  const visits = [0, 1, 2, 3, 4].map((number) => door.enter(() => inside.add(number)))
  await until(() => inside.size === 3, 'three to be inside')
  expect([...inside]).toEqual([0, 1, 2])
  visits[1]?.leave()
  visits[0]?.leave()
  await until(() => inside.size === 5, 'the others to be inside')
  expect([...inside]).toEqual([0, 1, 2, 3, 4])
  expect(door.full).toBe(true)
  for (const visit of visits) visit.leave()
  expect(door.full).toBe(false)
  const again = [0, 1, 2, 3].map((number) => door.enter(() => inside.add(10 + number)))
  await until(() => inside.size === 8, 'three to be inside again')
  expect([...inside]).toEqual([0, 1, 2, 3, 4, 10, 11, 12])
  for (const visit of again.reverse()) visit.leave()
})

test('a chunk that could not be sent whole is refused', () => {
  expect(() => checkOptions('map()', { chunkSize: 1e9 }, mapRules)).toThrow(
    new RangeError('Expected `chunkSize` to be at most 1048576, got `1000000000` (number)'),
  )
})
