// One contender, measured in a process of its own: node child.mjs <bench> <contender as JSON> [--quick]
import { writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const [bench, contender, flag] = process.argv.slice(2)
const { module, options } = JSON.parse(contender)
const { measure } = await import(`../benches/${bench}.mjs`)
const { open } = await import(`../contenders/${module}.mjs`)

const { call, close } = await open(options)
const result = await measure(call, { quick: flag === '--quick' })
writeSync(1, `\n@result ${JSON.stringify(result)}\n`)
await Promise.race([close(), sleep(1000)]) // a contender that cannot end does not lose its figures
process.exit(0)
