/** `pebble-ts work <modules>`: runs the calls of a queue on this machine. */
import type { Command } from '../command'
import { readWorkOptions, type GivenWork } from './options'

export const work: Command = (cli) => {
  cli
    .command('work <...modules>', 'Run the calls of a queue in processes of this machine')
    .option('--queue <names>', 'The queue, or several with commas between them')
    .option('--connection <url>', 'Redis or PostgreSQL (default: PEBBLE_CONNECTION, then REDIS_URL)')
    .option('--processes <n>', 'How many bodies run at the same time (default: one per core)')
    .option('--secret-env <name>', 'The environment variable that has the secret (default: PEBBLE_SECRET)')
    .option('--no-secret', 'Do without signatures, where only trusted programs reach the queue')
    .option('--root <folder>', 'The folder that names of modules are relative to (default: that of package.json)')
    .option('--allow <path>', 'A file or folder that calls may name; may be given again (default: folders of modules)')
    .option('--lease <ms>', 'After this time without a sign of life its calls count as lost (default: 15000)')
    .option('--drain <ms>', 'How long running bodies may take after the first signal (default: 30000)')
    .option('--prefetch <n>', 'Calls taken ahead of free processes (default: 0)')
    .example((name) => `  $ ${name} work dist/reports.js --queue reports --processes 8`)
    .example((name) => `  $ ${name} work dist/a.js dist/b.js --queue high,low --connection postgres://db/jobs`)
    .action(async (modules: string[], given: GivenWork) => {
      const { queues, options, where } = readWorkOptions(modules, given)
      const { runWorker } = await import('./run-worker.js') // the other commands need nothing of it
      return await runWorker(queues, options, where)
    })
}
