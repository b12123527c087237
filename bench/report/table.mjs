/** Tables of text. */

/** The summary of a bench: a table per group, and below it pebble-ts compared with the best other library. */
export function renderBench(bench, summary) {
  return summary.map((group) => renderGroup(bench, group)).join('\n\n')
}

/** All rows of `rows.mjs`: target and measured, side by side. */
export function renderVerdicts(all) {
  return align(VERDICT_HEAD, all.map(verdictCells)).join('\n')
}

export const VERDICT_HEAD = ['', 'target', 'pebble-ts', 'best peer', 'floor', '× peer', '× floor', 'met?']

export function verdictCells(verdict) {
  const { targets, own, peer, floor, toPeer, toFloor, met } = verdict
  const value = (side) => (side ? `${number(side.value, verdict.digits)} ${verdict.unit}`.trim() : '–')
  return [
    fullName(verdict),
    targets.map(({ text, hasUnit }) => (hasUnit ? `${text} ${verdict.unit}` : text)).join(', ') || '–',
    own?.error ? 'failed' : value(own),
    peer ? `${value(peer)} (${peer.name})` : '–',
    value(floor),
    ratio(toPeer),
    ratio(toFloor),
    met === null ? '' : met ? 'met' : 'missed',
  ]
}

export const fullName = ({ name, runtime }) => (runtime ? `${name}, ${runtime}` : name)

function renderGroup({ measures }, { name, rows, verdicts }) {
  const compared = rows.some(({ role }) => role !== 'ours')
  const cells = (value, ratio) => (compared ? [value, ratio] : [value])
  const head = [name, ...measures.flatMap(({ label }) => cells(label, 'ours is'))]
  const lines = rows.map((row) => [
    row.name,
    ...measures.flatMap((measure) => cells(number(row.values[measure.key], measure.digits), times(row, measure))),
  ])
  const failures = rows.filter(({ error }) => error).map((row) => `! ${row.name}: ${gist(row.error)}`)
  return [...align(head, lines), ...verdicts.map(sentence), ...failures].join('\n')
}

function align(head, lines) {
  const widths = head.map((_, column) => Math.max(...[head, ...lines].map((line) => line[column].length)))
  const [top, ...rest] = [head, ...lines].map((line) =>
    line.map((cell, column) => (column ? cell.padStart(widths[column]) : cell.padEnd(widths[column]))).join('  '),
  )
  return [top, '─'.repeat(top.length), ...rest]
}

function sentence({ label, best, times, expected, met }) {
  if (times === null) return `${label}: the best peer is ${best}`
  if (expected === undefined) return `${label}: ${times.toFixed(2)}× the best peer, ${best}`
  return `${label}: ${times.toFixed(2)}× the best peer, ${best} (expected at least ${expected}×: ${met ? 'yes' : 'NO'})`
}

/** The line of a stack that has the error message. */
const gist = (error) => error.split('\n').find((line) => /^\w*Error\b.*: /.test(line)) ?? error

const times = (row, { key }) => (row.role === 'ours' ? '' : ratio(row.ratios[key]))

const ratio = (value) => (value === null ? '' : `${value.toFixed(2)}×`)

export function number(value, digits) {
  if (value === null || value === undefined) return '–'
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}
