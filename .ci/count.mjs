// Counts the specs of all runs. A run that ended with an error but names no failed spec failed before or after its specs.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const { BENCH, CONSUMERS, EXAMPLE, LEFT_OUT, NODES, RESULTS, WHOLE } = process.env
const files = readdirSync(RESULTS)
const runs = [
  count((file) => file === 'whole.json', WHOLE),
  count((file) => file === 'bench.json', BENCH),
  count((file) => file === 'nest-reports.json', EXAMPLE),
  count((file) => file.startsWith('node'), NODES),
  count((file) => file === 'consumers.json', CONSUMERS),
]
const total = (key) => runs.reduce((sum, run) => sum + run[key], 0)
const skipped = total('skipped') === 0 ? '' : `, ${total('skipped')} skipped`
const leftOut = LEFT_OUT ? `; ${LEFT_OUT}` : ''
console.log(`${total('passed')} passed, ${total('failed')} failed${skipped}${leftOut}`)

function count(isOfRun, status) {
  const results = files.filter(isOfRun).map((file) => JSON.parse(readFileSync(join(RESULTS, file), 'utf8')))
  const sum = (name) => results.reduce((all, result) => all + (result[name] ?? 0), 0)
  const failed = sum('numFailedTests') + sum('numRuntimeErrorTestSuites')
  return {
    passed: sum('numPassedTests'),
    failed: failed === 0 && status !== '0' ? 1 : failed,
    skipped: sum('numPendingTests'),
  }
}
