// npm run chaos -- --seed N --seconds S [--kind thread|process|both] [--round S] [--cluster [--engine redis|postgres]]      (docs/reliability.md)
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { prepare } from './harness/prepare.mjs'

const { values: flags } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '60' },
    kind: { type: 'string', default: 'both' },
    /** Seconds per round. At its end, all pools end, and the handles, files and processes are counted. */
    round: { type: 'string', default: '10' },
    /** Worker machines behind a queue, instead of threads and processes of this program. */
    cluster: { type: 'boolean', default: false },
    engine: { type: 'string', default: 'redis' },
    keep: { type: 'boolean', default: false },
    'no-build': { type: 'boolean', default: false },
  },
})
const options = {
  seed: count('seed'),
  seconds: count('seconds'),
  round: count('round'),
  engine: flags.engine,
  kinds: { thread: ['thread'], process: ['process'], both: ['thread', 'process'] }[flags.kind],
}
if (!options.kinds) throw new RangeError(`Expected --kind to be thread, process or both, got ${flags.kind}`)
if (!['redis', 'postgres'].includes(flags.engine))
  throw new RangeError(`Expected --engine to be redis or postgres, got ${flags.engine}`)
if (!flags['no-build']) prepare()
if (flags.cluster) {
  const { reportCluster, runClusterChaos } = await import('./harness/cluster.mjs')
  process.exit(reportCluster(options, await runClusterChaos(options)) ? 0 : 1)
}

const { Ledger } = await import('./harness/ledger.mjs')
const ledger = new Ledger()
redirectStderr(join(ledger.folder, 'stderr'))
const { runChaos } = await import('./harness/chaos.mjs')
const { report } = await import('./harness/report.mjs')

const result = await runChaos(options, ledger)
const passed = report(options, ledger, result)
if (passed && !flags.keep) ledger.remove()
else console.log(`kept: ${ledger.folder}`)
process.exit(passed ? 0 : 1)

function count(name) {
  const value = Number(flags[name])
  if (!Number.isInteger(value) || value < 1)
    throw new RangeError(`Expected --${name} to be a count, got ${flags[name]}`)
  return value
}

/** Writes stderr to a file: the output of workers that die, and warnings of errors that the plan causes. */
function redirectStderr(path) {
  const file = createWriteStream(path)
  process.stderr.write = (chunk, ...rest) => file.write(chunk, ...rest.filter((each) => typeof each === 'function'))
}
