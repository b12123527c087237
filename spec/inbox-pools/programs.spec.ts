import { lines, scratchFile } from '../support/gate'
import { resultOf } from '../support/program'

jest.setTimeout(180_000)

it('a main script without a guard can use pools, because workers stop at the first use', async () => {
  const log = scratchFile()
  await expect(resultOf('unguarded-pools.mts', { env: { LOG: log } })).resolves.toEqual({
    sum: 3,
    sums: [7],
    circling: 3,
  })
  const seen = lines(log)
  expect(seen.filter((line) => line.startsWith('parent'))).toEqual([
    'parent begins',
    'parent schedules',
    'parent exiles',
  ])
  const fromWorkers = seen.filter((line) => line.startsWith('worker'))
  expect(new Set(fromWorkers)).toEqual(new Set(['worker begins']))
  expect(fromWorkers.length).toBeLessThanOrEqual(9) // one line for each worker, and none for workers of workers
})
