/** Formats the summary: a table per group, and below it pebble-ts compared with the best other library. */
export function render(bench, summary) {
  return summary.map((group) => renderGroup(bench, group)).join('\n\n')
}

function renderGroup({ measures }, { name, rows, verdicts }) {
  const compared = rows.some(({ role }) => role !== 'ours')
  const cells = (value, ratio) => (compared ? [value, ratio] : [value])
  const head = [name, ...measures.flatMap(({ label }) => cells(label, 'ours is'))]
  const lines = rows.map((row) => [
    row.name,
    ...measures.flatMap((measure) => cells(number(row.values[measure.key], measure.digits), times(row, measure))),
  ])
  const failures = rows.filter(({ error }) => error).map((row) => `! ${row.name}: ${gist(row.error)}`)
  return [...align([head, ...lines]), ...verdicts.map(sentence), ...failures].join('\n')
}

function align(table) {
  const widths = table[0].map((_, column) => Math.max(...table.map((line) => line[column].length)))
  const lines = table.map((line) =>
    line.map((cell, column) => (column ? cell.padStart(widths[column]) : cell.padEnd(widths[column]))).join('  '),
  )
  return [lines[0], '─'.repeat(lines[0].length), ...lines.slice(1)]
}

function sentence({ label, best, times, expected, met }) {
  if (times === null) return `${label}: the best peer is ${best}`
  if (expected === undefined) return `${label}: ${times.toFixed(2)}× the best peer, ${best}`
  return `${label}: ${times.toFixed(2)}× the best peer, ${best} (expected at least ${expected}×: ${met ? 'yes' : 'NO'})`
}

/** The line of a stack that has the error message. */
const gist = (error) => error.split('\n').find((line) => /^\w*Error\b.*: /.test(line)) ?? error

const times = (row, { key }) =>
  row.role === 'ours' || row.ratios[key] === null ? '' : `${row.ratios[key].toFixed(2)}×`

const number = (value, digits) =>
  value === null ? '–' : value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
