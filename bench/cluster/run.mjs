// node bench/cluster/run.mjs [--engine redis|postgres] [--rounds n] [--only rates|cancel|lost|callers|machines]
//
// Measures pebble-ts/cluster against plain BullMQ on the same engine, with the same options, in fresh programs, alternating.
// Plain BullMQ: a worker in a program of its own, jobs added in bulk once per turn of the event loop, results by QueueEvents.
import { parseArgs } from 'node:util'
import { startEngine } from './engine.mjs'
import { measureCallers, measureCancel, measureLost, measureMachines, measureRates } from './measures.mjs'

const { values: flags } = parseArgs({
  options: {
    engine: { type: 'string', default: 'redis' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
  },
})
const measures = {
  rates: measureRates,
  cancel: measureCancel,
  lost: measureLost,
  callers: measureCallers,
  machines: measureMachines,
}
const engine = await startEngine(flags.engine)
try {
  for (const [name, measure] of Object.entries(measures)) {
    if (flags.only && flags.only !== name) continue
    console.log(await measure({ connection: engine.url, rounds: Number(flags.rounds), engine: flags.engine }))
  }
} finally {
  engine.stop()
}
