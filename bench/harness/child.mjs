// One contender, measured in a process of its own: node child.mjs <bench> <contender as JSON> [--quick]
import { writeSync } from 'node:fs'

const [bench, contender, flag] = process.argv.slice(2)
const { module, options } = JSON.parse(contender)
const { measure } = await import(`../benches/${bench}.mjs`)
const { open } = await import(`../contenders/${module}.mjs`)

const result = await measure({ open, options, quick: flag === '--quick' })
writeSync(1, `\n@result ${JSON.stringify(result)}\n`) // a pipe write that process.exit cannot cut off
process.exit(0)
