import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fullName } from './table.mjs'

/**
 * The quick check: pebble-ts against the floor of the same run, with limits far below the targets. It holds if it holds in
 * any round, so that a disturbance of the machine does not trip it. A real loss of speed is there in every round.
 */
export function tripped(rows, saved) {
  return rows.map((row) => {
    const { against, name, compare, text, holds } = row.tripwire
    const { groups, rounds } = saved[row.from[0]]
    const [, group, measure] = row.from
    const { contenders } = groups.find((one) => one.name === group)
    const other = contenders.find((one) => (name ? one.name === name : one.role === against))
    const own = contenders.find(({ role }) => role === 'ours')
    const of = (round, contender) => round[`${group}/${contender.name}`]
    const compared = rounds.map((round) => compare(of(round, own)[measure], of(round, other)[measure]))
    const error = rounds.map((round) => of(round, own).error ?? of(round, other).error).find(Boolean)
    return { name: fullName(row), text, compared, error, passed: compared.some(holds) }
  })
}

export function renderTripwire(results) {
  const lines = results.map(({ name, text, compared, error, passed }) => {
    const values = compared.map((value) => (Number.isFinite(value) ? `${value.toFixed(2)}×` : 'failed')).join(' ')
    return `${passed ? 'passed' : 'FAILED'}  ${name}: ${values} (expected ${text})${error ? `\n        ${error}` : ''}`
  })
  const failed = results.filter(({ passed }) => !passed).length
  return [...lines, '', `${results.length - failed} passed, ${failed} failed`].join('\n')
}

/** If RESULTS is set, it is a folder for the counts, in the form of Jest. */
export function writeCounts(results) {
  const { RESULTS } = process.env
  if (RESULTS === undefined) return
  const numFailedTests = results.filter(({ passed }) => !passed).length
  const counts = { numPassedTests: results.length - numFailedTests, numFailedTests, numRuntimeErrorTestSuites: 0 }
  writeFileSync(join(RESULTS, 'bench.json'), JSON.stringify(counts))
}
