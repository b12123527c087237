// Prints when the first result of a contender arrives, in ms since the start of this program: node first-call.mjs <module and options as JSON>
import { writeSync } from 'node:fs'
import { performance } from 'node:perf_hooks'

const { module, options } = JSON.parse(process.argv[2])
const before = performance.now()
const { open } = await import(`../contenders/${module}.mjs`)
const imported = performance.now()
const { call, close } = await open(options)
if ((await call(1, 2)) !== 3) throw new Error('Expected 3')
const first = performance.now()
writeSync(1, `${JSON.stringify({ imports: imported - before, first })}\n`)
await close()
process.exit(0)
