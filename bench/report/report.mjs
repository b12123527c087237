import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import { rows } from '../rows.mjs'
import { firstResultPlot, ratePlot } from './plots.mjs'
import { number, VERDICT_HEAD, verdictCells } from './table.mjs'
import { comparison } from './comparison.mjs'
import { verdicts } from './verdicts.mjs'

const BENCH = fileURLToPath(new URL('../', import.meta.url))
const README = fileURLToPath(new URL('../../README.md', import.meta.url))
const BLOCK = /(<!-- bench: begin.*?-->\n)[\s\S]*?(<!-- bench: end -->)/

const PLOTS = [
  {
    file: 'calls-per-second.svg',
    alt: 'Calls per second by calls in flight, for threads and processes',
    needs: ['calls', 'curve'],
    draw: ratePlot,
  },
  {
    file: 'first-result.svg',
    alt: 'Time from the start of a program to its first result',
    needs: ['cold'],
    draw: firstResultPlot,
  },
]

/** Writes RESULTS.md, the plots, and the marked block of the README from saved results. No figure is typed by hand. */
export async function writeReport(saved) {
  if (Object.keys(saved).length === 0) throw new Error('There are no saved results. Run the bench first.')
  const plots = PLOTS.filter(({ needs }) => needs.every((bench) => saved[bench]))
  mkdirSync(`${BENCH}plots`, { recursive: true })
  for (const { file, draw } of plots) writeFileSync(`${BENCH}plots/${file}`, draw(saved))
  const all = verdicts(rows, saved)
  await write(`${BENCH}RESULTS.md`, resultsPage(all, saved, plots))
  if (!existsSync(README)) return
  const readme = readFileSync(README, 'utf8')
  await write(
    README,
    readme.replace(BLOCK, (_, begin, end) => `${begin}\n${readmeBlock(all, plots)}\n${end}`),
  )
}

function resultsPage(all, saved, plots) {
  const judged = all.filter(({ met }) => met !== null)
  const met = judged.filter((row) => row.met).length
  return `# Results of the bench

This file is written by \`npm run bench\` ([how it is measured](README.md)).
The figures are medians over the rounds; the ratios are medians of the ratios within each round. "× peer" and "× floor" are pebble-ts divided by the other.
The floor is plain Node.js without a library.

${met} of ${judged.length} targets are met.

${verdictTable(all)}

${plots.map(({ file, alt }) => `![${alt}](plots/${file})`).join('\n\n')}

## All contenders

${Object.values(saved).map(details).join('\n\n')}

## Measured with

${machines(saved)}
`
}

/** Medians of every contender of a bench. */
function details({ title, measures, summary }) {
  const tables = summary.map(({ name, rows: contenders }) => {
    const head = [name, ...measures.map(({ label }) => label)]
    const lines = contenders.map((row) => [
      row.name,
      ...measures.map(({ key, digits }) => number(row.values[key], digits)),
    ])
    return table(head, lines)
  })
  return `<details>\n<summary>${title}</summary>\n\n${tables.join('\n\n')}\n\n</details>`
}

function verdictTable(all) {
  return table(
    VERDICT_HEAD,
    all.map((verdict) => verdictCells(verdict).map((cell) => (cell === 'missed' ? '**missed**' : cell))),
  )
}

/** The first column is text, the others are figures. */
function table(head, lines) {
  const all = [head, head.map((_, column) => (column ? '---:' : '---')), ...lines]
  return all.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function machines(saved) {
  const lines = Object.values(saved).map(
    ({ bench, date, commit, node, cpu, cores, load, rounds }) =>
      `| ${bench} | ${date.slice(0, 16).replace('T', ' ')} | ${commit ?? ''} | ${node} | ${cpu}, ${cores} cores | ${load.toFixed(1)} | ${rounds.length} |`,
  )
  const peers = Object.entries(Object.values(saved).at(-1)?.peers ?? {}).map(([name, version]) => `${name} ${version}`)
  return `| bench | date (UTC) | commit | Node.js | machine | load before | rounds |
| --- | --- | --- | --- | --- | ---: | ---: |
${lines.join('\n')}

Other libraries: ${peers.join(', ')}.`
}

function readmeBlock(all, plots) {
  const images = plots.map(({ file, alt }) => `![${alt}](bench/plots/${file})`)
  return [comparison(all), ...images, 'All rows, with their targets: [bench/RESULTS.md](bench/RESULTS.md).'].join(
    '\n\n',
  )
}

async function write(file, text) {
  writeFileSync(file, await format(text, { ...(await resolveConfig(file)), filepath: file }))
}
