// npm run soak -- [--calls N] [--cancels N] [--replacements N] [--seconds S]      (docs/reliability.md)
import { parseArgs } from 'node:util'
import { growth } from './harness/census.mjs'
import { prepare } from './harness/prepare.mjs'

/** How much the heap may grow. A leak of 100 bytes per call exceeds it. */
const BYTES_A_CALL = 20
const BYTES = 400 * 1024

const { values: flags } = parseArgs({
  options: {
    calls: { type: 'string', default: '200000' },
    cancels: { type: 'string', default: '10000' },
    replacements: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '120' },
    'no-build': { type: 'boolean', default: false },
  },
})
const load = { calls: count('calls'), cancels: count('cancels'), replacements: count('replacements') }
const seconds = count('seconds')
if (!flags['no-build']) prepare()

const began = performance.now()
const { soak } = await import('./harness/soak.mjs')
const { done, before, after, empty, ended } = await soak(load, seconds)
const allowed = BYTES + BYTES_A_CALL * done.calls
const grown = after.heap - before.heap
const left = [...growth(empty.handles, ended.handles), ...growth(empty.listeners, ended.listeners)]
const more = [...growth(before.listeners, after.listeners)]

console.log(`soak, ${((performance.now() - began) / 1000).toFixed(0)} s`)
for (const [name, wanted] of Object.entries(load)) console.log(`${name.padEnd(14)} ${done[name]} of ${wanted}`)
console.log(`heap           ${kb(before.heap)} → ${kb(after.heap)}, ${(grown / done.calls).toFixed(1)} bytes a call`)
console.log(`buffers        ${kb(before.buffers)} → ${kb(after.buffers)}`)
console.log(`handles        ${show(empty.handles)} → ${show(ended.handles)}`)
console.log(`listeners      ${show(empty.listeners)} → ${show(after.listeners)} → ${show(ended.listeners)}`)
console.log(`open files     ${empty.files.length} → ${after.files.length} → ${ended.files.length}`)

const failures = [
  ...Object.entries(load)
    .filter(([name, wanted]) => done[name] < wanted)
    .map(([name]) => `${name}: not reached within the time limit`),
  ...(grown > allowed ? [`the heap has grown by ${kb(grown)}, more than ${kb(allowed)}`] : []),
  ...(after.buffers - before.buffers > allowed ? [`buffers have grown by ${kb(after.buffers - before.buffers)}`] : []),
  ...more.map(([name, count]) => `${count} more listeners of ${name} under the load`),
  ...left.map(([name, count]) => `${count} more of ${name} after the end`),
  ...(ended.files.length > empty.files.length
    ? [`${ended.files.length - empty.files.length} more open files after the end: ${ended.files.join(', ')}`]
    : []),
]
for (const fault of failures) console.log(`✗ ${fault}`)
process.exit(failures.length === 0 ? 0 : 1)

function count(name) {
  const value = Number(flags[name])
  if (!Number.isInteger(value) || value < 1)
    throw new RangeError(`Expected --${name} to be a count, got ${flags[name]}`)
  return value
}

function kb(bytes) {
  return `${Math.round(bytes / 1024)} kB`
}

function show(counts) {
  const text = Object.entries(counts).map(([name, count]) => `${count} ${name}`)
  return text.length === 0 ? 'none' : text.join(', ')
}
