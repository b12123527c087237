/** `pebble-ts queue <action>`: what a queue has, and its failed calls. */
import { UsageError, type Command } from '../command'
import { readConnection, readQueues, readRoot, readSecret, type GivenQueue } from '../queue-options'
import type { Action } from './actions'

const ACTIONS: readonly Action[] = ['stats', 'failed', 'retry', 'forget']

export const queue: Command = (cli) => {
  cli
    .command('queue <action> [id]', 'Look at a queue: stats, failed, retry <id>, forget <id>')
    .option('--queue <name>', 'The queue')
    .option('--connection <url>', 'Redis or PostgreSQL (default: PEBBLE_CONNECTION, then REDIS_URL)')
    .option('--secret-env <name>', 'The environment variable that has the secret (default: PEBBLE_SECRET)')
    .option('--no-secret', 'The calls of this queue are not signed')
    .example((name) => `  $ ${name} queue stats --queue reports`)
    .example((name) => `  $ ${name} queue retry 4711-1 --queue reports`)
    .action(async (action: string, id: unknown, given: GivenQueue) => {
      const known = readAction(action, id)
      const options = {
        connection: readConnection(given),
        secret: readSecret(given),
        root: readRoot(given, process.cwd()),
      }
      const [name] = readQueues(given) as [string]
      const { runAction } = await import('./actions.js') // the other commands need nothing of it
      return await runAction(known, name, { id: String(id), options })
    })
}

function readAction(action: string, id: unknown): Action {
  if (!ACTIONS.includes(action as Action)) {
    throw new UsageError(`Expected an action: ${ACTIONS.join(', ')}. Got ${action}.`)
  }
  const needsId = action === 'retry' || action === 'forget'
  if (needsId && id === undefined) throw new UsageError(`Expected the id of a call: pebble-ts queue ${action} <id>.`)
  return action as Action
}
