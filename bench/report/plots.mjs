import { median } from '../harness/check.mjs'
import { RUNTIMES } from '../harness/groups.mjs'
import { bar, colourOf, gridLine, line, logScale, spreadOut, svg, text } from './svg.mjs'

const PANEL = { width: 470, height: 400, top: 64, bottom: 56, left: 70, right: 112 }
const IN_FLIGHT = [1, 8, 64, 512, 4096]

/** Calls per second against calls in flight: a panel for threads and one for processes. */
export function ratePlot({ calls, curve }) {
  const panels = RUNTIMES.map((runtime) => rateSeries({ calls, curve }, runtime))
  const values = panels.flat().flatMap(({ points }) => points.map(([, value]) => value))
  const range = [10 ** Math.floor(Math.log10(Math.min(...values))), 10 ** Math.ceil(Math.log10(Math.max(...values)))]
  const size = { width: 2 * PANEL.width, height: PANEL.height }
  return svg({ ...size, label: 'Calls per second by calls in flight' }, [
    text(16, 24, 'Calls per second by calls in flight', { kind: 'title' }),
    text(16, 42, '2 workers, add(a, b) of an instance with two fields, after 500 calls; both axes are logarithmic', {
      kind: 'soft',
    }),
    ...panels.map((series, index) => ratePanel(series, { offset: index * PANEL.width, name: RUNTIMES[index], range })),
  ])
}

function rateSeries({ calls, curve }, runtime) {
  const { contenders } = calls.groups.find(({ name }) => name === runtime)
  const shown = contenders.filter(({ role }) => role !== 'tuned')
  return shown.map(({ name, role }) => ({
    name,
    role,
    points: IN_FLIGHT.map((level) => [
      level,
      level === 512
        ? middle(calls, `${runtime}/${name}`, 'callsPerSecond')
        : middle(curve, `${runtime}, ${level} in flight/${name}`, 'callsPerSecond'),
    ]).filter(([, value]) => value !== null),
  }))
}

function ratePanel(series, { offset, name, range }) {
  const [left, right] = [offset + PANEL.left, offset + PANEL.width - PANEL.right]
  const [top, bottom] = [PANEL.top + 14, PANEL.height - PANEL.bottom]
  const x = logScale([IN_FLIGHT[0], IN_FLIGHT.at(-1)], [left, right])
  const y = logScale(range, [bottom, top])
  const decades = Math.round(Math.log10(range[1] / range[0]))
  const marks = Array.from({ length: decades + 1 }, (_, i) => range[0] * 10 ** i)
  const drawn = series.filter(({ points }) => points.length)
  const labels = drawn.map((one) => ({ ...one, y: y(one.points.at(-1)[1]) + 4 }))
  return [
    text(left, PANEL.top + 2, name, { kind: 'title' }),
    ...IN_FLIGHT.map((level) => [
      gridLine(x(level), top, x(level), bottom),
      text(x(level), bottom + 18, short(level), { anchor: 'middle', kind: 'soft' }),
    ]),
    ...marks.map((mark) => [
      gridLine(left, y(mark), right, y(mark)),
      text(left - 8, y(mark) + 4, short(mark), { anchor: 'end', kind: 'soft' }),
    ]),
    text((left + right) / 2, bottom + 40, 'calls in flight', { anchor: 'middle' }),
    text(offset + 20, (top + bottom) / 2, 'calls per second', { anchor: 'middle', turn: -90 }),
    ...[...drawn].reverse().map(({ points, ...one }) =>
      line(
        points.map(([level, value]) => [x(level), y(value)]),
        { colour: colourOf(one), bold: one.role === 'ours', dashed: one.role === 'floor' },
      ),
    ),
    ...spreadOut(labels, 14).map((one) => text(right + 10, one.y, one.name, { kind: one.role, fill: colourOf(one) })),
  ]
}

/** The time from the start of a program to its first result: a bar per contender. */
export function firstResultPlot({ cold }) {
  const panels = RUNTIMES.map((runtime) => firstSeries(cold, runtime))
  const longest = Math.max(...panels.flat().map(({ value }) => value))
  const height = 84 + 26 * Math.max(...panels.map(({ length }) => length)) + 40
  return svg({ width: 2 * PANEL.width, height, label: 'Time from the start of a program to its first result' }, [
    text(16, 24, 'From the start of a program to its first result', { kind: 'title' }),
    text(16, 42, 'ms, one worker, a new program for each sample; less is better', { kind: 'soft' }),
    ...panels.map((series, index) =>
      firstPanel(series, { offset: index * PANEL.width, name: RUNTIMES[index], longest }),
    ),
  ])
}

function firstSeries(cold, runtime) {
  const { contenders } = cold.groups.find(({ name }) => name === runtime)
  return contenders
    .map(({ name, role }) => ({ name, role, value: middle(cold, `${runtime}/${name}`, 'first') }))
    .filter(({ value }) => value !== null)
    .sort((a, b) => a.value - b.value)
}

function firstPanel(series, { offset, name, longest }) {
  const left = offset + 96
  const room = PANEL.width - 96 - 50
  const step = [20, 50, 100, 200, 500, 1000].find((ms) => longest / ms <= 6) ?? 2000
  const ticks = Array.from({ length: Math.floor(longest / step) + 1 }, (_, i) => i * step)
  const x = (value) => left + (room * value) / longest
  const bottom = 84 + 26 * series.length
  return [
    text(left, 70, name, { kind: 'title' }),
    ...ticks.map((tick) => [
      gridLine(x(tick), 78, x(tick), bottom),
      text(x(tick), bottom + 16, String(tick), { anchor: 'middle', kind: 'soft' }),
    ]),
    text(left + room / 2, bottom + 34, 'ms', { anchor: 'middle' }),
    ...series.map((one, index) => {
      const y = 84 + 26 * index
      return [
        text(left - 8, y + 14, one.name, { anchor: 'end', kind: one.role }),
        bar(left, y, x(one.value) - left, 18, colourOf(one)),
        text(x(one.value) + 6, y + 14, one.value.toFixed(0), { kind: one.role }),
      ]
    }),
  ]
}

const middle = ({ rounds }, key, measure) =>
  median(rounds.map((round) => round[key]?.[measure]).filter(Number.isFinite))

function short(value) {
  if (value >= 1e6) return `${value / 1e6} M`
  return value >= 10_000 ? `${value / 1000} k` : value.toLocaleString('en')
}
