// Names the failed specs and counts those of all runs. A run that ended with an error but names no failed spec failed before
// or after its specs.
import { readFileSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'

const { BENCH, CONSUMERS, EXAMPLE, LEFT_OUT, NODES, RESULTS, WHOLE } = process.env
const files = readdirSync(RESULTS)
const runs = [
  count('npm test', (file) => file === 'whole.json', WHOLE),
  count('npm run bench', (file) => file === 'bench.json', BENCH),
  count('examples/nest-reports', (file) => file === 'nest-reports.json', EXAMPLE),
  count('npm run test:nodes', (file) => file.startsWith('node'), NODES),
  count('npm run consumers', (file) => file === 'consumers.json', CONSUMERS),
]
const total = (key) => runs.reduce((sum, run) => sum + run[key], 0)
const skipped = total('skipped') === 0 ? '' : `, ${total('skipped')} skipped`
const leftOut = LEFT_OUT ? `; ${LEFT_OUT}` : ''
console.log(`${total('passed')} passed, ${total('failed')} failed${skipped}${leftOut}`)

function count(name, isOfRun, status) {
  const results = files
    .filter(isOfRun)
    .map((file) => ({ file, ...JSON.parse(readFileSync(join(RESULTS, file), 'utf8')) }))
  const sum = (key) => results.reduce((all, result) => all + (result[key] ?? 0), 0)
  const failed = sum('numFailedTests') + sum('numRuntimeErrorTestSuites')
  for (const result of results) nameFailed(result)
  if (failed === 0 && status !== '0') console.log(`Failed: ${name}, with exit code ${status} and no failed spec`)
  return {
    passed: sum('numPassedTests'),
    failed: failed === 0 && status !== '0' ? 1 : failed,
    skipped: sum('numPendingTests'),
  }
}

/** Only Jest names its specs. What it prints about each may be thousands of lines above. */
function nameFailed({ file, testResults = [] }) {
  for (const { name, assertionResults, status, message } of testResults) {
    const failed = assertionResults.filter((result) => result.status === 'failed')
    const suite = `${file.replace('.json', '')}: ${relative('', name)}`
    for (const { fullName, failureMessages } of failed)
      console.log(`Failed: ${suite} › ${fullName}: ${firstLines(failureMessages.join('\n'))}`)
    if (status === 'failed' && failed.length === 0) console.log(`Failed: ${suite}: ${firstLines(message)}`)
  }
}

function firstLines(text) {
  const plain = text.replace(/\u001B\[\d+m/g, '')
  return plain.length > 600 ? `${plain.slice(0, 600)} …` : plain
}
