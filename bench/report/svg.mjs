/** Parts of SVG plots. The colours follow the light or dark scheme of the reader. */

const COLOURS = { ours: '#2f81f7', floor: '#8b949e' }
const PEER_COLOURS = {
  poolifier: '#d9730d',
  piscina: '#2da44e',
  tinypool: '#a371f7',
  workerpool: '#db61a2',
  'jest-worker': '#1b9e9e',
}

/** Plain rules, not variables, because some viewers of SVG do not know variables. */
const STYLE = `
  text { font: 12px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #1f2328 }
  .title { font-size: 14px; font-weight: 600 }
  .ours { font-weight: 700 }
  .soft { fill: #59636e }
  .grid { stroke: #d8dee4; fill: none }
  .paper { fill: #ffffff }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .soft { fill: #a3acb6 }
    .grid { stroke: #30363d }
    .paper { fill: #0d1117 }
  }`

export const colourOf = ({ name, role }) => COLOURS[role] ?? PEER_COLOURS[name] ?? '#8b949e'

export function svg({ width, height, label }, parts) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escape(label)}">
<style>${STYLE}
</style>
<rect class="paper" width="${width}" height="${height}" rx="6"/>
${parts.flat(Infinity).join('\n')}
</svg>
`
}

export function text(x, y, content, { anchor = 'start', kind = '', fill, turn } = {}) {
  const style = fill ? ` style="fill:${fill}"` : ''
  const turned = turn ? ` transform="rotate(${turn} ${round(x)} ${round(y)})"` : ''
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" class="${kind}"${style}${turned}>${escape(content)}</text>`
}

export const gridLine = (x1, y1, x2, y2) =>
  `<path class="grid" d="M${round(x1)} ${round(y1)}L${round(x2)} ${round(y2)}"/>`

export function line(points, { colour, bold, dashed }) {
  const path = points.map(([x, y], i) => `${i ? 'L' : 'M'}${round(x)} ${round(y)}`).join('')
  const dots = points.map(
    ([x, y]) => `<circle cx="${round(x)}" cy="${round(y)}" r="${bold ? 3.5 : 2.5}" fill="${colour}"/>`,
  )
  const stroke = `stroke="${colour}" stroke-width="${bold ? 3 : 1.5}"${dashed ? ' stroke-dasharray="5 4"' : ''}`
  return [`<path d="${path}" fill="none" ${stroke}/>`, ...dots]
}

export const bar = (x, y, width, height, colour) =>
  `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${height}" rx="2" fill="${colour}"/>`

/** Moves labels apart that would overlap: at least `gap` between two of them, each as near to its own place as that allows. */
export function spreadOut(labels, gap) {
  const sorted = [...labels].sort((a, b) => a.y - b.y)
  for (let pass = 0; pass < 100; pass++) {
    for (let i = 1; i < sorted.length; i++) {
      const missing = gap - (sorted[i].y - sorted[i - 1].y)
      if (missing <= 0) continue
      sorted[i - 1].y -= missing / 2
      sorted[i].y += missing / 2
    }
  }
  return sorted
}

/** A scale from values to places, linear in the logarithm. */
export function logScale([low, high], [from, to]) {
  const span = Math.log(high / low)
  return (value) => from + ((to - from) * Math.log(value / low)) / span
}

const round = (value) => Math.round(value * 10) / 10

const escape = (content) => content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
