// Measures one contender in a process of its own: node contender.mjs <bench> <module and options as JSON> [--quick]
import { writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const [bench, contestant, flag] = process.argv.slice(2)
const { module, options } = JSON.parse(contestant)
const { measure } = await import(`../benches/${bench}.mjs`)
const { open } = await import(`../contenders/${module}.mjs`)

const contender = await open(options)
const result = await measure(contender, { quick: flag === '--quick', options })
writeSync(1, `\n@result ${JSON.stringify(result)}\n`)
await Promise.race([contender.close(), sleep(1000)]) // the figures are already printed, so do not wait longer for a contender that does not close
process.exit(0)
