// Counts the specs of all runs. A run that ended with an error but names no failed spec failed before or after its specs.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const { NODES, RESULTS, WHOLE } = process.env
const files = readdirSync(RESULTS)
const whole = count(
  files.filter((file) => file === 'whole.json'),
  WHOLE,
)
const nodes = count(
  files.filter((file) => file !== 'whole.json'),
  NODES,
)
console.log(`${whole.passed + nodes.passed} passed, ${whole.failed + nodes.failed} failed`)

function count(files, status) {
  const results = files.map((file) => JSON.parse(readFileSync(join(RESULTS, file), 'utf8')))
  const sum = (name) => results.reduce((total, result) => total + result[name], 0)
  const failed = sum('numFailedTests') + sum('numRuntimeErrorTestSuites')
  return { passed: sum('numPassedTests'), failed: failed === 0 && status !== '0' ? 1 : failed }
}
