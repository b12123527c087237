// A program with one call: node first-call.mjs <bench> <module and options as JSON>
// It prints when the first result arrives, in ms since the program started, and which part of that is the import.
import { writeSync } from 'node:fs'
import { performance } from 'node:perf_hooks'

const { module, options } = JSON.parse(process.argv[3])
const before = performance.now()
const { open } = await import(`../contenders/${module}.mjs`)
const imported = performance.now()
const { call, close } = await open(options)
if ((await call(1, 2)) !== 3) throw new Error('Expected 3')
const first = performance.now()
writeSync(1, `\n@result ${JSON.stringify({ first, imports: imported - before, worker: first - imported })}\n`)
await close()
process.exit(0)
