import { median } from '../harness/check.mjs'

/**
 * Returns for each group a row per contender. It has the median of each measure over the rounds, and the median of the
 * ratios to pebble-ts within each round. A ratio above 1 always means that pebble-ts is better.
 */
export function summarize(bench, rounds) {
  return bench.groups.map(({ name: group, contenders }) => {
    const key = ({ name }) => `${group}/${name}`
    const ours = contenders.find(({ role }) => role === 'ours')
    const rows = contenders.map((contender) => {
      const results = rounds.map((round) => round[key(contender)]).filter(Boolean)
      const failed = results.find(({ error }) => error)
      const row = {
        name: contender.name,
        role: contender.role,
        error: failed?.error,
        values: {},
        ratios: {},
        spread: {},
      }
      for (const measure of bench.measures) {
        const values = results.map((result) => result[measure.key]).filter(Number.isFinite)
        row.values[measure.key] = median(values)
        row.spread[measure.key] = values.length ? [Math.min(...values), Math.max(...values)] : null
        row.ratios[measure.key] = ours
          ? median(
              rounds.map((round) => ratio(measure, round[key(ours)], round[key(contender)])).filter(Number.isFinite),
            )
          : null
      }
      return row
    })
    return { name: group, rows, verdicts: bench.measures.map((measure) => verdict(measure, rows)).filter(Boolean) }
  })
}

function ratio({ key, better }, ours, theirs) {
  return better === 'more' ? ours?.[key] / theirs?.[key] : theirs?.[key] / ours?.[key]
}

/** Compares pebble-ts with the library that is best at this measure. */
function verdict({ key, label, better, expected }, rows) {
  const peers = rows.filter((row) => row.role === 'peer' && row.values[key] !== null)
  if (!peers.length) return null
  const best = peers.reduce((a, b) => (a.values[key] > b.values[key] === (better === 'more') ? a : b))
  const times = best.ratios[key]
  return { key, label, best: best.name, times, expected, met: times !== null && times >= expected }
}
